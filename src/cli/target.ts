/** What a name on the command line stands for: one model, on this machine or at an address. */
import type { Transfer } from '../bytes/http-client.ts';
import type { ByteSource, ByteTree } from '../bytes/source.ts';
import type { OpenOptions } from '../formats/index.ts';

/** Makes something of what is open: a checkpoint of its bytes, or what the rules find in it. */
export type Read<T> = (target: ByteSource | ByteTree, options?: OpenOptions) => Promise<T>;

/** One model to look at. */
export interface Target {
  /** As the user named it, or as found below what they named; `/` between the parts. */
  readonly path: string;
  /** The folder that the paths of the checkpoint's files are relative to, itself relative to the working folder. */
  readonly root: string;
  /** @throws {ReadError} when it cannot be had. */
  open<T>(read: Read<T>): Promise<T>;
  /**
   * Opens a file of the checkpoint once more, to read values; absent where they are not to be fetched.
   * @throws {ReadError} when it cannot be had.
   */
  source?(file: string): Promise<ByteSource>;
  /** For one that is no file of this machine: what has gone over the network for it. */
  transfer?(): Transfer;
}

/** Goes to the network for what the user named by an address, and for nothing else. */
export interface Remote {
  /** The one model at an address. @throws {UsageError} where it is no address, {ReadError} where it cannot be had. */
  target(address: string): Promise<Target>;
  /** The models at an address: those of a folder that is not one model, one by one. */
  targets(address: string): Promise<readonly Target[]>;
}

/** Whoever may go to the network for what is named; nothing is loaded for it before. */
export type OpenRemote = () => Promise<Remote>;

/** Whether a name is an address, which no folder is above. */
export function isAddress(name: string): boolean {
  return /^(?:https?|hf):\/\//i.test(name);
}
