import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import * as fields from '../../api/fields.ts';
import { codeOf } from '../../api/socket.ts';

// The parts of a peer that are maps of their own, and what takes a file.

export const timers = z.strictObject({
  connectRetryTimeSeconds: fields.connectRetryTime
    .optional()
    .meta({ description: 'Between attempts to connect. Default: 120.' }),
  holdTimeSeconds: fields.holdTime
    .optional()
    .meta({ description: 'What our OPEN offers: 0 (no hold timer) or 3 to 65535. Default: 90.' }),
  keepAliveTimeSeconds: fields.keepAliveTime
    .optional()
    .meta({ description: 'At most the hold time. Default: 30, or a third of a shorter hold time.' }),
  delayOpenSeconds: fields.delayOpenTime
    .optional()
    .meta({ description: 'How long to wait for the peer’s OPEN before sending ours. Default: 0.' }),
});

export const gracefulRestart = z.strictObject({
  enabled: z.boolean(),
  restartTimeSeconds: fields.restartTime
    .optional()
    .meta({ description: 'How long the peer is asked to keep our routes without a session: 1 to 4095. Default: 120.' }),
  stalePathTimeSeconds: fields.stalePathTime
    .optional()
    .meta({ description: 'How long the peer’s routes stay at most until it has sent them again. Default: 180.' }),
  longLived: z
    .array(
      z.strictObject({
        family: fields.familyText,
        staleTimeSeconds: fields.longLivedStaleTime.meta({
          description: 'How long the peer is asked to keep our routes so, and its own stay at most.',
        }),
      }),
    )
    .optional()
    .meta({ description: 'Families whose routes stay beyond the restart time (RFC 9494). Default: none.' }),
});

export const transport = z.strictObject({
  peerPort: fields.port.optional().meta({ description: 'The port to dial. Default: 179.' }),
  localAddress: fields.address.optional().meta({ description: 'The source address. Default: the kernel’s choice.' }),
  sourceInterface: fields.device.optional().meta({
    description:
      'The source address is the one that this interface has; the peer is held down while it has none or several. Default: any interface.',
  }),
  localPort: fields.port.optional().meta({ description: 'The source port. Default: the kernel’s choice.' }),
  passive: z.boolean().optional().meta({ description: 'Never dial; wait for the peer. Default: false.' }),
  ttlSecurity: z.boolean().optional().meta({
    description:
      'Send with TTL 255 and take nothing that came with less (GTSM, RFC 5082); the peer must do the same. Default: false.',
  }),
  ebgpMultihop: fields.ttl.optional().meta({
    description:
      'The TTL to send with, where socket options can be had. Default: 1 to a peer in another AS, the kernel’s to others.',
  }),
  tcpUserTimeoutMilliseconds: fields.userTimeout.optional().meta({
    description:
      'How long what was sent may stay without acknowledgement before the connection fails (RFC 5482). Default: the kernel’s.',
  }),
  bindToDevice: fields.device.optional().meta({
    description: 'The interface that the session goes through, whatever the routes say. Default: any.',
  }),
});

export const bfd = z.strictObject({
  enabled: z.boolean(),
  transmitIntervalMilliseconds: fields.bfdInterval
    .optional()
    .meta({ description: 'How often we would send. Default: 300.' }),
  receiveIntervalMilliseconds: fields.bfdInterval
    .optional()
    .meta({ description: 'How often the peer may send. Default: 300.' }),
  detectionMultiplier: fields.detectionMultiplier
    .optional()
    .meta({ description: 'So many packets lost in a row mean that the other is gone. Default: 3.' }),
  strict: z
    .boolean()
    .optional()
    .meta({ description: 'The session waits until BFD is up, and again whenever it is not. Default: false.' }),
});

/** The first line, for editors and tools end it with a newline. */
export const passwordFile = z
  .string()
  .refine(isAbsolute, { error: 'must be an absolute path', abort: true })
  .transform((path, context): string => {
    try {
      return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? '';
    } catch (error) {
      context.issues.push({ code: 'custom', message: `cannot be read (${codeOf(error)})`, input: path });
      return z.NEVER;
    }
  })
  .pipe(fields.password);
