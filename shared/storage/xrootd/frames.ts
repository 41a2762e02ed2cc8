import { ANSWER_HEADER_LENGTH } from './wire.ts';

type Accepts = (id: number, length: number) => string | undefined;
type Arrived = (id: number, status: number, body: Uint8Array) => void;

/** Cuts what a server sends into answers: 8 bytes of header (stream id, status, length), then a body. */
export class FrameReader {
  readonly #accepts: Accepts;
  readonly #arrived: Arrived;
  readonly #progress: (id: number) => void;
  readonly #header = new Uint8Array(ANSWER_HEADER_LENGTH);
  readonly #view = new DataView(this.#header.buffer);
  #headerDone = 0;
  #body: Uint8Array | undefined;
  #bodyDone = 0;

  /** `accepts` sees each header before anything is kept, and may say what is wrong with it. */
  constructor(accepts: Accepts, arrived: Arrived, progress: (id: number) => void) {
    this.#accepts = accepts;
    this.#arrived = arrived;
    this.#progress = progress;
  }

  /** Takes the next bytes. Answers what is wrong with them, if something is; nothing may be pushed after that. */
  push(bytes: Uint8Array): string | undefined {
    for (let at = 0; at < bytes.length; ) {
      if (this.#body === undefined) {
        at += this.#takeHeader(bytes, at);
        if (this.#headerDone < ANSWER_HEADER_LENGTH) return undefined;
        const length = this.#view.getInt32(4);
        const fault = this.#accepts(this.#view.getUint16(0), length);
        if (fault !== undefined) return fault;
        this.#body = new Uint8Array(length);
        this.#bodyDone = 0;
      }
      at += this.#takeBody(this.#body, bytes, at);
    }
    return undefined;
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    const taken = Math.min(ANSWER_HEADER_LENGTH - this.#headerDone, bytes.length - at);
    this.#header.set(bytes.subarray(at, at + taken), this.#headerDone);
    this.#headerDone += taken;
    return taken;
  }

  #takeBody(body: Uint8Array, bytes: Uint8Array, at: number): number {
    const taken = Math.min(body.length - this.#bodyDone, bytes.length - at);
    body.set(bytes.subarray(at, at + taken), this.#bodyDone);
    this.#bodyDone += taken;
    const id = this.#view.getUint16(0);
    this.#progress(id);
    if (this.#bodyDone === body.length) {
      this.#body = undefined;
      this.#headerDone = 0;
      this.#arrived(id, this.#view.getUint16(2), body);
    }
    return taken;
  }
}
