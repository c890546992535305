import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

// google.rpc.Status { code = 1, message = 2, details = 3 (google.protobuf.Any { type_url = 1, value = 2 }) } around
// google.rpc.BadRequest { field_violations = 1 { field = 1, description = 2 } }: the standard way to say which fields are wrong.

/** The trailing metadata in which gRPC carries a google.rpc.Status. */
export const statusDetailsKey = 'grpc-status-details-bin';

const typeUrl = 'type.googleapis.com/google.rpc.BadRequest';

export interface FieldViolation {
  /** As in `neighbor.timers.hold_time` or `prefixes[3]`. */
  readonly field: string;
  readonly description: string;
}

/** The bytes of the status. */
export function encodeBadRequest(code: number, message: string, violations: readonly FieldViolation[]): Buffer {
  const request = new BinaryWriter();
  for (const { field, description } of violations) {
    request.uint32(tag(1)).fork().uint32(tag(1)).string(field).uint32(tag(2)).string(description).join();
  }
  const status = new BinaryWriter().uint32(8).int32(code).uint32(tag(2)).string(message);
  status.uint32(tag(3)).fork().uint32(tag(1)).string(typeUrl).uint32(tag(2)).bytes(request.finish()).join();
  return Buffer.from(status.finish());
}

/** The violations in a status; none when it carries no BadRequest. */
export function decodeBadRequest(bytes: Uint8Array): FieldViolation[] {
  return fieldsOf(bytes, 3).flatMap((any) => {
    if (textOf(any, 1) !== typeUrl) return [];
    return fieldsOf(any, 2)
      .flatMap((request) => fieldsOf(request, 1))
      .map((violation) => ({ field: textOf(violation, 1), description: textOf(violation, 2) }));
  });
}

/** The tag of a length-delimited field. */
function tag(field: number): number {
  return field * 8 + 2;
}

function fieldsOf(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted && wireType === 2) found.push(reader.bytes());
    else reader.skip(wireType, field);
  }
  return found;
}

function textOf(bytes: Uint8Array, field: number): string {
  return fieldsOf(bytes, field)
    .map((value) => new TextDecoder().decode(value))
    .join('');
}
