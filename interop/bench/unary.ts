import type { Client } from '@grpc/grpc-js';

/** A unary call that sends bytes and drops what it is answered: the same for every speaker with a gRPC API. */
export function unary(client: Client, path: string, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, (error) => (error === null ? resolve() : reject(error)));
  });
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
