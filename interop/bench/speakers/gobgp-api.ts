import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Client, credentials } from '@grpc/grpc-js';
import { partsOf, prefixOf } from '../routes.ts';
import { type Bulk, type Originator, patience, speakerAddress } from '../speaker.ts';
import { listing, OpenStream, streaming, unary } from '../unary.ts';

// As much of GoBGP's API (package `api`, version 4) as it takes to add and delete IPv6 /64s. Numbers are those of the
// fields in its proto files.

const service = '/api.GoBgpService/';

/** Paths in one message of a stream. */
const batch = 1000;

export class GobgpApi implements Originator {
  readonly #client: Client;

  constructor(socket: string) {
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure());
  }

  add(route: number): Promise<void> {
    return unary(
      this.#client,
      `${service}AddPath`,
      message((request) => {
        globalTable(request);
        nested(request, 3, path(route));
      }),
    );
  }

  remove(route: number): Promise<void> {
    return unary(
      this.#client,
      `${service}DeletePath`,
      message((request) => {
        globalTable(request);
        nested(request, 3, family);
        nested(request, 4, path(route));
      }),
    );
  }

  streams(): Originator {
    const stream = new OpenStream(this.#client, `${service}AddPathStream`);
    return {
      add: async (route) => stream.send(paths(route, 1)),
      remove: async (route) => stream.send(paths(route, 1, { isWithdraw: true })),
      close: () => stream.close(),
    };
  }

  /** Adds many. */
  load(first: number, count: number, seconds: number, sets = 1): Promise<void> {
    return this.#stream([...batches(first, count, { sets })], seconds);
  }

  get bulk(): Bulk {
    return {
      routes: async (first, count) => {
        const [adding, deleting] = [false, true].map((isWithdraw) => [...batches(first, count, { isWithdraw })]);
        return {
          announce: () => this.#stream(adding ?? [], patience(count)),
          withdraw: () => this.#stream(deleting ?? [], patience(count)),
        };
      },
    };
  }

  /** One answer for each route. */
  async list(): Promise<() => number> {
    const request = message((writer) => {
      globalTable(writer);
      nested(writer, 3, family);
    });
    const answers = await listing(this.#client, `${service}ListPath`, request);
    return () => answers.length;
  }

  close(): void {
    this.#client.close();
  }

  /** Adds what the requests have, or deletes it: each path says which. */
  #stream(requests: readonly Buffer[], seconds: number): Promise<void> {
    return streaming(this.#client, `${service}AddPathStream`, requests, seconds);
  }
}

interface PathOptions {
  /** Attributes beside those that all have. */
  readonly more?: readonly Buffer[];
  readonly isWithdraw?: boolean;
}

/** AddPathStreamRequests. Each attribute set has one of its own. */
function* batches(
  first: number,
  count: number,
  { sets = 1, isWithdraw = false }: { readonly sets?: number; readonly isWithdraw?: boolean } = {},
): Generator<Buffer> {
  if (sets > 1)
    for (const part of partsOf(count, sets))
      yield paths(part.first, part.count, { more: [communities(part.community)] });
  else
    for (let done = 0; done < count; done += batch)
      yield paths(first + done, Math.min(batch, count - done), { isWithdraw });
}

function paths(first: number, count: number, options: PathOptions = {}): Buffer {
  return message((writer) => {
    globalTable(writer);
    for (let i = 0; i < count; i++) nested(writer, 3, path(first + i, options));
  });
}

function message(write: (writer: BinaryWriter) => unknown): Buffer {
  const writer = new BinaryWriter();
  write(writer);
  return Buffer.from(writer.finish());
}

/** TableType: GLOBAL. */
function globalTable(request: BinaryWriter): void {
  request.tag(1, WireType.Varint).int32(1);
}

function nested(writer: BinaryWriter, field: number, bytes: Uint8Array): void {
  writer.tag(field, WireType.LengthDelimited).bytes(bytes);
}

/** Family: ipv6, unicast. */
const family = message((writer) => {
  writer.tag(1, WireType.Varint).int32(2).tag(2, WireType.Varint).int32(1);
});

/** OriginAttribute (IGP, which is its default) and NextHopAttribute, each in its Attribute. */
const attributes = [
  message((attribute) => nested(attribute, 2, new Uint8Array())),
  message((attribute) =>
    nested(
      attribute,
      4,
      message((writer) => writer.tag(1, WireType.LengthDelimited).string(speakerAddress)),
    ),
  ),
];

/** CommunitiesAttribute. */
function communities(value: number): Buffer {
  return message((attribute) =>
    nested(
      attribute,
      9,
      message((writer) => writer.tag(1, WireType.LengthDelimited).fork().uint32(value).join()),
    ),
  );
}

/** Path: NLRI with its IPAddressPrefix, attributes, whether it is withdrawn, family. */
function path(route: number, { more = [], isWithdraw = false }: PathOptions = {}): Buffer {
  const prefix = message((writer) => {
    writer.tag(1, WireType.Varint).uint32(64).tag(2, WireType.LengthDelimited).string(prefixOf(route));
  });
  const nlri = message((writer) => nested(writer, 1, prefix));
  return message((writer) => {
    nested(writer, 1, nlri);
    for (const attribute of [...attributes, ...more]) nested(writer, 2, attribute);
    if (isWithdraw) writer.tag(5, WireType.Varint).bool(true);
    nested(writer, 9, family);
  });
}
