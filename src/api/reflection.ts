import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { ServerReflectionRequest, ServerReflectionResponse } from '../gen/grpc/reflection/v1/reflection.ts';

interface File {
  readonly name: string;
  readonly bytes: Buffer;
  readonly imports: readonly string[];
}

type Answer = ServerReflectionResponse['messageResponse'];

/** What server reflection answers, from the compiler's own bytes of each file: made again, they would lose their imports. */
export class Reflection {
  readonly #files = new Map<string, File>();
  readonly #fileOfSymbol = new Map<string, File>();
  readonly #services: { readonly name: string }[] = [];

  constructor(fileDescriptorSet: Uint8Array) {
    for (const bytes of filesOf(fileDescriptorSet)) {
      const descriptor = fromBinary(FileDescriptorProtoSchema, bytes);
      const file = { name: descriptor.name, bytes: Buffer.from(bytes), imports: descriptor.dependency };
      this.#files.set(file.name, file);
      for (const symbol of symbolsOf(descriptor)) this.#fileOfSymbol.set(symbol, file);
      for (const { name } of descriptor.service) this.#services.push({ name: join(descriptor.package, name) });
    }
  }

  answer(request: ServerReflectionRequest): ServerReflectionResponse {
    return { validHost: request.host, originalRequest: request, messageResponse: this.#answer(request) };
  }

  #answer({ messageRequest: asked }: ServerReflectionRequest): Answer {
    switch (asked?.$case) {
      case 'listServices':
        return { $case: 'listServicesResponse', value: { service: this.#services } };
      case 'fileByFilename':
        return this.#file(this.#files.get(asked.value), asked.value);
      case 'fileContainingSymbol':
        return this.#file(this.#fileOfSymbol.get(asked.value), asked.value);
      case 'allExtensionNumbersOfType':
        if (!this.#fileOfSymbol.has(asked.value)) return unknown(asked.value);
        return {
          $case: 'allExtensionNumbersResponse',
          value: { baseTypeName: asked.value, extensionNumber: [] },
        };
      case 'fileContainingExtension':
        return unknown(`an extension of ${asked.value.containingType}`);
      case undefined:
        return failure(status.INVALID_ARGUMENT, 'the request asks for nothing');
    }
  }

  #file(file: File | undefined, asked: string): Answer {
    if (file === undefined) return unknown(asked);
    const needed = new Set<File>();
    this.#collect(file, needed);
    const fileDescriptorProto = Array.from(needed, ({ bytes }) => bytes);
    return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
  }

  /** A file and, after it, all that it imports. */
  #collect(file: File, into: Set<File>): void {
    if (into.has(file)) return;
    into.add(file);
    for (const name of file.imports) {
      const imported = this.#files.get(name);
      if (imported !== undefined) this.#collect(imported, into);
    }
  }
}

/** FileDescriptorSet { repeated FileDescriptorProto file = 1 }, each file as its bytes. */
function* filesOf(set: Uint8Array): Generator<Uint8Array> {
  const reader = new BinaryReader(set);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) yield reader.bytes();
    else reader.skip(wireType, field);
  }
}

function* symbolsOf({ package: scope, messageType, enumType, service }: FileDescriptorProto): Generator<string> {
  for (const message of messageType) yield* symbolsOfMessage(scope, message);
  for (const { name } of enumType) yield join(scope, name);
  for (const { name, method } of service) {
    yield join(scope, name);
    for (const { name: rpc } of method) yield join(scope, name, rpc);
  }
}

function* symbolsOfMessage(scope: string, message: DescriptorProto): Generator<string> {
  const self = join(scope, message.name);
  yield self;
  for (const nested of message.nestedType) yield* symbolsOfMessage(self, nested);
  for (const { name } of [...message.enumType, ...message.field]) yield join(self, name);
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.');
}

function unknown(what: string): Answer {
  return failure(status.NOT_FOUND, `${what} is not known here`);
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
