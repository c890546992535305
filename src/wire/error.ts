/** What a peer's bytes did wrong: it *is* the NOTIFICATION to send (RFC 4271, 6). The only error this folder throws while it decodes. */
export class BgpError extends Error {
  override readonly name = 'BgpError';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;

  constructor(code: number, subcode: number, message: string, data: Uint8Array = new Uint8Array(0)) {
    super(message);
    this.code = code;
    this.subcode = subcode;
    this.data = data;
  }
}
