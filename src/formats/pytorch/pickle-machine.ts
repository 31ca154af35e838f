/**
 * The pickle machine: runs the opcodes of one pickle over inert values. Nothing that a pickle names is looked up
 * or called; each name is written down, with where it stands and whether it would have been called.
 * Semantics: CPython 3, `Lib/pickle.py` and `Modules/_pickle.c`.
 */
import { MAX_PICKLE_OPCODES } from '../../bytes/limits.ts';
import { calledWithin, copiedBy, isReference, makePlain, moduleClass, oddCall } from './pickle-calls.ts';
import {
  decimal,
  floatOf,
  PickleCursor,
  PickleStop,
  rawUnicode,
  type StopKind,
  unquote,
} from './pickle-cursor.ts';
import { PickleFiller } from './pickle-fill.ts';
import { type OddityKind, PickleLog } from './pickle-log.ts';
import { NEWEST_PROTOCOL, OP } from './pickle-opcodes.ts';
import { PickleStack } from './pickle-stack.ts';
import {
  inWords,
  ofKind,
  type PickleValue,
  type PyDict,
  type PyGlobal,
  type PyPersistent,
} from './pickle-value.ts';

/** Why a pickle could not be run to its end. */
export interface Broken {
  /** Within the bytes that the machine was given, of the opcode that failed. */
  readonly offset: number;
  readonly reason: string;
  readonly kind: StopKind;
}

/** What one pickle came to. */
export interface PickleRun {
  /** What it leaves; undefined where it is broken. */
  readonly value?: PickleValue;
  /** One past its STOP, or where it broke. */
  readonly end: number;
  readonly broken?: Broken;
}

/** Runs the pickle at the start of `bytes`. `log` learns the names; `base` is where the bytes stand in the file. */
export function runPickle(bytes: Uint8Array, log: PickleLog = new PickleLog(), base = 0): PickleRun {
  const machine = new PickleMachine(bytes, log, base);
  try {
    const value = machine.run();
    return { value, end: machine.end };
  } catch (error) {
    if (!(error instanceof PickleStop)) throw error;
    const { offset, reason, kind } = error;
    return { end: offset, broken: { offset, reason, kind } };
  }
}

class PickleMachine {
  readonly #cursor: PickleCursor;
  readonly #log: PickleLog;
  readonly #base: number;
  readonly #stack: PickleStack;
  readonly #filler: PickleFiller;
  #frameEnd = 0;

  constructor(bytes: Uint8Array, log: PickleLog, base: number) {
    this.#cursor = new PickleCursor(bytes);
    this.#stack = new PickleStack(this.#cursor);
    this.#filler = new PickleFiller(this.#cursor, log, base);
    this.#log = log;
    this.#base = base;
  }

  get end(): number {
    return this.#cursor.pos;
  }

  run(): PickleValue {
    const cursor = this.#cursor;
    for (let count = 0; count < MAX_PICKLE_OPCODES; count += 1) {
      const start = cursor.pos;
      cursor.start = start;
      const opcode = cursor.u8();
      this.#log.weightsOnly.opcode(opcode, this.#at());
      if (opcode === OP.STOP) {
        this.#checkFrame(start);
        const value = this.#stack.pop();
        if (!this.#stack.isEmpty) this.#odd('left-over');
        return value;
      }
      this.#step(opcode);
      this.#checkFrame(start);
    }
    return this.#stack.limit(`more than ${MAX_PICKLE_OPCODES} opcodes`);
  }

  /** An opcode that crosses the end of its frame reads one way in one unpickler and another way in the next. */
  #checkFrame(start: number): void {
    if (start < this.#frameEnd && this.#cursor.pos > this.#frameEnd)
      this.#cursor.fail('it reads beyond its frame');
  }

  // one case an opcode, as the format has them
  #step(opcode: number): void {
    const cursor = this.#cursor;
    const push = (value: PickleValue) => this.#stack.push(value);
    switch (opcode) {
      case OP.PROTO: {
        const protocol = cursor.u8();
        if (protocol > NEWEST_PROTOCOL) {
          throw new PickleStop(cursor.start, `protocol ${protocol}`, 'protocol');
        }
        if (cursor.start > 0) this.#odd('odd-protocol');
        return;
      }
      case OP.FRAME:
        return this.#frame();
      case OP.NONE:
        push(null);
        return;
      case OP.NEWTRUE:
        push(true);
        return;
      case OP.NEWFALSE:
        push(false);
        return;
      case OP.INT:
        return this.#int();
      case OP.LONG:
        push(this.#decimal(cursor.line().replace(/L$/, '')));
        return;
      case OP.FLOAT:
        return this.#float();
      case OP.BINFLOAT:
        push(cursor.f64());
        return;
      case OP.BININT:
        push(cursor.i32());
        return;
      case OP.BININT1:
        push(cursor.u8());
        return;
      case OP.BININT2:
        push(cursor.u16());
        return;
      case OP.LONG1:
        push(cursor.long(cursor.u8()) ?? LONG_INTEGER);
        return;
      case OP.LONG4:
        push(cursor.long(cursor.i32()) ?? LONG_INTEGER);
        return;
      case OP.STRING:
        push(unquote(cursor.line()) ?? cursor.fail('a string without its quotes'));
        return;
      case OP.UNICODE:
        push(rawUnicode(cursor.line()));
        return;
      case OP.BINSTRING:
        push(cursor.byteText(cursor.i32()));
        return;
      case OP.SHORT_BINSTRING:
      case OP.SHORT_BINUNICODE:
        push(cursor.byteText(cursor.u8()));
        return;
      case OP.BINUNICODE:
        push(cursor.text(cursor.u32()));
        return;
      case OP.BINUNICODE8:
        push(cursor.text(cursor.length8()));
        return;
      case OP.SHORT_BINBYTES:
        return this.#bytes(cursor.u8());
      case OP.BINBYTES:
        return this.#bytes(cursor.u32());
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#bytes(cursor.length8());
      case OP.NEXT_BUFFER:
        this.#odd('odd-reference');
        push(OUT_OF_BAND);
        return;
      case OP.READONLY_BUFFER:
        this.#stack.top();
        return;
      default:
        return this.#stepStack(opcode);
    }
  }

  #stepStack(opcode: number): void {
    const cursor = this.#cursor;
    switch (opcode) {
      case OP.MARK:
        return this.#stack.mark();
      case OP.POP:
        this.#odd('left-over');
        return this.#stack.popOrMark();
      case OP.POP_MARK:
        this.#odd('left-over');
        this.#stack.popMark();
        return;
      case OP.DUP:
        this.#stack.push(this.#stack.top());
        return;
      case OP.GET:
        return this.#stack.get(this.#index(cursor.line()));
      case OP.BINGET:
        return this.#stack.get(cursor.u8());
      case OP.LONG_BINGET:
        return this.#stack.get(cursor.u32());
      case OP.PUT:
        return this.#put(this.#index(cursor.line()));
      case OP.BINPUT:
        return this.#put(cursor.u8());
      case OP.LONG_BINPUT:
        return this.#put(cursor.u32());
      case OP.MEMOIZE:
        return this.#put(this.#stack.remembered);
      case OP.EMPTY_TUPLE:
        return this.#stack.make({ kind: 'tuple', items: [] });
      case OP.TUPLE:
        return this.#stack.make({ kind: 'tuple', items: this.#stack.popMark() });
      case OP.TUPLE1:
        return this.#tuple(1);
      case OP.TUPLE2:
        return this.#tuple(2);
      case OP.TUPLE3:
        return this.#tuple(3);
      case OP.EMPTY_LIST:
        return this.#stack.make({ kind: 'list', items: [] });
      case OP.LIST:
        return this.#stack.make({ kind: 'list', items: this.#stack.popMark() });
      case OP.EMPTY_SET:
        return this.#stack.make({ kind: 'set', items: [] });
      case OP.FROZENSET:
        return this.#stack.make({ kind: 'set', items: this.#stack.popMark() });
      case OP.EMPTY_DICT:
        return this.#stack.make({ kind: 'dict', entries: new Map() });
      case OP.DICT: {
        const dict: PyDict = { kind: 'dict', entries: new Map() };
        this.#filler.setAll(dict, this.#stack.popMark());
        return this.#stack.make(dict);
      }
      case OP.APPEND: {
        const value = this.#stack.pop();
        return this.#filler.append(this.#stack.top(), [value]);
      }
      case OP.APPENDS:
      case OP.ADDITEMS: {
        const values = this.#stack.popMark();
        return this.#filler.append(this.#stack.top(), values);
      }
      case OP.SETITEM: {
        const value = this.#stack.pop();
        const key = this.#stack.pop();
        return this.#filler.setAll(this.#stack.top(), [key, value]);
      }
      case OP.SETITEMS: {
        const pairs = this.#stack.popMark();
        return this.#filler.setAll(this.#stack.top(), pairs);
      }
      default:
        return this.#stepCall(opcode);
    }
  }

  #stepCall(opcode: number): void {
    const cursor = this.#cursor;
    switch (opcode) {
      case OP.GLOBAL: {
        const module = cursor.nameLine();
        this.#stack.push(this.#global(module, cursor.nameLine()));
        return;
      }
      case OP.STACK_GLOBAL: {
        const name = this.#stack.pop();
        const module = this.#stack.pop();
        if (typeof module === 'string' && typeof name === 'string') {
          this.#stack.push(this.#global(module, name));
          return;
        }
        this.#log.trick(this.#at(), 'computed-name');
        return this.#stack.make({ kind: 'object', callee: null, args: [module, name] });
      }
      case OP.EXT1:
        return this.#extension(cursor.u8());
      case OP.EXT2:
        return this.#extension(cursor.u16());
      case OP.EXT4:
        return this.#extension(cursor.i32());
      case OP.PERSID:
        return this.#persistent(cursor.line());
      case OP.BINPERSID:
        return this.#persistent(this.#stack.pop());
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const args = this.#stack.pop();
        return this.#call(this.#stack.pop(), this.#argumentsOf(args), opcode === OP.NEWOBJ);
      }
      case OP.NEWOBJ_EX: {
        const keywords = this.#stack.pop();
        const args = this.#argumentsOf(this.#stack.pop());
        return this.#call(this.#stack.pop(), [...args, keywords]);
      }
      case OP.INST: {
        const module = cursor.nameLine();
        const callee = this.#global(module, cursor.nameLine());
        return this.#call(callee, this.#stack.popMark());
      }
      case OP.OBJ: {
        // the class is the first value above the mark
        const [callee, ...args] = this.#stack.popMark();
        if (callee === undefined) return cursor.fail('OBJ without a class');
        return this.#call(callee, args);
      }
      case OP.BUILD: {
        const state = this.#stack.pop();
        return this.#filler.build(this.#stack.top(), state);
      }
      default:
        cursor.fail(`0x${opcode.toString(16).padStart(2, '0')} is no opcode`);
    }
  }

  /** Where the current opcode stands in the file. */
  #at(): number {
    return this.#base + this.#cursor.start;
  }

  #frame(): void {
    const cursor = this.#cursor;
    const length = cursor.length8();
    if (cursor.start < this.#frameEnd) cursor.fail('a frame inside a frame');
    this.#frameEnd = cursor.pos + length;
    if (this.#frameEnd > cursor.bytes.length) {
      throw new PickleStop(cursor.start, `a frame of ${length} bytes reaches beyond the end`, 'truncated');
    }
    // the opcode itself lies before the frame that it opens
    cursor.start = cursor.pos;
  }

  #int(): void {
    const line = this.#cursor.line();
    // how protocols 0 and 1 write booleans
    if (line === '00' || line === '01') this.#stack.push(line === '01');
    else this.#stack.push(this.#decimal(line));
  }

  #decimal(text: string): PickleValue {
    const value = decimal(text);
    if (value === 'not-a-number') this.#cursor.fail('an integer that is none');
    return value ?? LONG_INTEGER;
  }

  #float(): void {
    this.#stack.push(floatOf(this.#cursor.line()) ?? this.#cursor.fail('a float that is none'));
  }

  #bytes(length: number): void {
    this.#stack.make({ kind: 'bytes', bytes: this.#cursor.view(length) });
  }

  #tuple(length: number): void {
    const items: PickleValue[] = [];
    for (let i = 0; i < length; i += 1) items.unshift(this.#stack.pop());
    this.#stack.make({ kind: 'tuple', items });
  }

  #index(line: string): number {
    if (!/^\d{1,10}$/.test(line)) this.#cursor.fail('a memo index that is none');
    return Number(line);
  }

  /** Python's unpickler wants a tuple; torch's for weights takes a list as well. */
  #argumentsOf(args: PickleValue): readonly PickleValue[] {
    const items = (ofKind(args, 'tuple') ?? ofKind(args, 'list'))?.items;
    return items ?? this.#cursor.fail(`arguments that are ${inWords(args)}`);
  }

  #put(index: number): void {
    if (!this.#stack.put(index)) this.#odd('memo-changed');
  }

  #odd(kind: OddityKind): void {
    this.#log.odd(this.#at(), kind);
  }

  #global(module: string, name: string): PyGlobal {
    const global = this.#log.global(module, name, this.#at());
    this.#log.weightsOnly.global(global, this.#at());
    return global;
  }

  #extension(code: number): void {
    this.#stack.push(this.#log.global('(extension registry)', String(code), this.#at()));
  }

  #persistent(id: PickleValue): void {
    const value: PyPersistent = { kind: 'persistent', id };
    this.#log.weightsOnly.persistent(id, this.#at());
    if (!isReference(id)) this.#odd('odd-reference');
    this.#log.persistents.push(value);
    this.#stack.make(value);
  }

  /** `creates`: NEWOBJ, which makes an object of a class without calling that. */
  #call(written: PickleValue, args: readonly PickleValue[], creates = false): void {
    const callee = moduleClass(written) ?? written;
    const global = ofKind(callee, 'global');
    if (global === undefined) this.#log.trick(this.#at(), 'computed-call');
    else this.#calls(global, args);
    const made = (global && makePlain(global, args)) ?? ({ kind: 'object', callee, args } as const);
    this.#log.weightsOnly.call(written, args, made, creates, this.#at());
    this.#stack.make(made, 1 + copiedBy(made));
  }

  #calls(global: PyGlobal, args: readonly PickleValue[]): void {
    this.#log.called(global);
    const odd = oddCall(global, args);
    if (odd !== undefined) this.#odd(odd);
    for (const within of calledWithin(global)) {
      const inner = ofKind(args[within], 'global') ?? moduleClass(args[within] ?? null);
      if (inner !== undefined) this.#log.called(inner);
      else this.#log.trick(this.#at(), 'computed-call');
    }
  }
}

const LONG_INTEGER: PickleValue = { kind: 'opaque', what: 'an integer of thousands of digits' };
const OUT_OF_BAND: PickleValue = { kind: 'opaque', what: 'a buffer outside of the pickle' };
