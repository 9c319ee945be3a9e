/** Shapes that the parts of the patch share. */

/** Any function: what is patched has signatures of its own. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Fn = (this: any, ...args: any[]) => any

/** A path as Node's binding gets it. */
export type RawPath = string | Uint8Array

/** Makes a replacement for a function of the binding. */
export type Wrap = (real: Fn) => Fn
