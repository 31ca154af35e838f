/** A checkpoint's net compiled in other ways than it is assumed to be, and run. */
import { compile, type CompileOptions, conventionsOf, type Conventions } from '../compile/index.ts';
import { configOf } from '../parts.ts';
import type { Prepared, Session } from '../session.ts';
import { type Condition, NetSubject, type NetSubjectOptions } from './net-subject.ts';

/** What is done otherwise. */
export type Otherwise = Pick<CompileOptions, 'conventions' | 'moments' | 'pieces' | 'taps'>;

/** Lends one of them at a time: each is loaded, used and released. */
export class Variants {
  /** Latents that all of them were run on so far. */
  forwards = 0;
  readonly conventions: Conventions;
  readonly #session: Session;
  readonly #options: NetSubjectOptions;

  constructor(session: Session, options: NetSubjectOptions) {
    const { checkpoint, parts } = session;
    this.conventions = conventionsOf(parts.net, configOf(checkpoint, parts.unet));
    this.#session = session;
    this.#options = options;
  }

  /**
   * The net with something done otherwise; nothing is loaded.
   * @throws {UnsupportedNetError} where it cannot be computed so.
   */
  compiled(otherwise: Otherwise = {}): Prepared {
    const { parts } = this.#session;
    return this.#session.prepare(parts.unet, (part) =>
      compile(parts.net, { ...part, conventions: this.conventions, ...otherwise }),
    );
  }

  /** @throws what `Session.borrow` and `use` throw. */
  on<T>(
    prepared: Prepared,
    use: (subject: NetSubject) => Promise<T>,
    conditions: readonly Condition[] = this.#options.conditions,
  ): Promise<T> {
    return this.#session.borrow(prepared, 'U-Net', async (engine) => {
      const subject = new NetSubject(engine, { ...this.#options, conditions });
      try {
        return await use(subject);
      } finally {
        this.forwards += subject.forwards;
      }
    });
  }
}
