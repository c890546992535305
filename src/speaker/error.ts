/** What a caller asked wrongly, in words for a user; `code` is stable. */
export class SpeakerError extends Error {
  override readonly name = 'SpeakerError';
  readonly code: SpeakerErrorCode;

  constructor(code: SpeakerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type SpeakerErrorCode =
  | 'invalid-argument'
  | 'not-found'
  | 'already-exists'
  | 'failed-precondition'
  | 'resource-exhausted';
