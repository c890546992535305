import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { VaultError } from '../controlplane/vault.ts';
import { SpeakerError } from '../speaker/error.ts';
import { encodeBadRequest, type FieldViolation, statusDetailsKey } from './bad-request.ts';

/** A request whose fields are wrong: INVALID_ARGUMENT with a google.rpc.BadRequest. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly violations: readonly FieldViolation[];

  constructor(violations: readonly FieldViolation[]) {
    super(violations.map(({ field, description }) => `${field}: ${description}`).join('; '));
    this.violations = violations;
  }

  /** The same, of the message with that number in a stream, the first being 1. */
  inMessage(number: number): InvalidRequest {
    const invalid = new InvalidRequest(this.violations);
    invalid.message = `message ${number}: ${this.message}`;
    return invalid;
  }
}

const codes = {
  'invalid-argument': status.INVALID_ARGUMENT,
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  'failed-precondition': status.FAILED_PRECONDITION,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
} as const;

const vaultCodes = { full: status.RESOURCE_EXHAUSTED, failed: status.UNAVAILABLE } as const;

/** A message that the trailers can carry: gRPC limits them, and a request can be wrong in very many places. */
const longestDetails = 1024;
const mostViolations = 32;

/** What a failed call ends with. What is nobody's mistake goes to `report`, and the caller learns only that it happened. */
export function statusOf(error: unknown, report: (error: unknown) => void): Partial<StatusObject> & { code: status } {
  if (error instanceof InvalidRequest) return invalidArgument(error);
  if (error instanceof SpeakerError) return { code: codes[error.code], details: error.message };
  if (error instanceof VaultError) return { code: vaultCodes[error.reason], details: error.message };
  if (isStatus(error)) return error;
  report(error);
  return { code: status.INTERNAL, details: 'internal error; the daemon’s log has it' };
}

function invalidArgument({ message, violations }: InvalidRequest): Partial<StatusObject> & { code: status } {
  const code = status.INVALID_ARGUMENT;
  const details = message.length > longestDetails ? `${message.slice(0, longestDetails)}…` : message;
  const metadata = new Metadata();
  metadata.set(statusDetailsKey, encodeBadRequest(code, details, violations.slice(0, mostViolations)));
  return { code, details, metadata };
}

/** An end that the call itself chose. */
export class CallStatus extends Error {
  override readonly name = 'CallStatus';
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

function isStatus(error: unknown): error is CallStatus {
  return error instanceof CallStatus;
}

/** As grpc-js wants it of a stream. */
export function serviceError(error: unknown, report: (error: unknown) => void): Partial<ServiceError> {
  return Object.assign(new Error('call failed'), statusOf(error, report));
}
