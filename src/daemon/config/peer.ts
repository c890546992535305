import * as z from 'zod';
import { neighborOf, peerAddressOf } from '../../api/build.ts';
import * as fields from '../../api/fields.ts';
import type { Neighbor } from '../../speaker/types.ts';
import { peerFieldsOf, peerShape, reportFaults } from './peer-fields.ts';
import { transport } from './peer-sections.ts';

export const peer = z
  .strictObject({
    name: fields.name,
    peerAddress: fields.address.optional().meta({
      description: 'IPv4 or IPv6; a link-local one with its interface, fe80::1%eth0. Default: see peerInterface.',
    }),
    peerInterface: fields.device.optional().meta({
      description:
        'The interface of a link-local peerAddress; without one, the peer is the one router on it (unnumbered).',
    }),
    peerASN: fields.peerAsn.optional().meta({ description: '0, the default: whatever the peer’s OPEN says.' }),
    ...peerShape,
    transport: transport.optional(),
    adminDown: fields.adminDown.optional().meta({
      description: 'Shut the peer down, and tell it this text (RFC 9003): at most 128 octets. Default: not shut down.',
    }),
  })
  .transform((given, context): Neighbor => {
    const address = peerAddressOf(given.peerAddress, given.peerInterface);
    if (typeof address === 'string') {
      const path = [given.peerInterface === undefined ? 'peerAddress' : 'peerInterface'];
      context.issues.push({ code: 'custom', message: address, path, input: given });
      return z.NEVER;
    }
    const flat = {
      name: given.name,
      address,
      asn: given.peerASN ?? 0,
      ...peerFieldsOf(given),
      localAddress: given.transport?.localAddress,
      localPort: given.transport?.localPort,
      peerPort: given.transport?.peerPort,
      passive: given.transport?.passive,
      ttlSecurity: given.transport?.ttlSecurity,
      ebgpMultihop: given.transport?.ebgpMultihop,
      bindToDevice: given.transport?.bindToDevice,
      sourceInterface: given.transport?.sourceInterface,
      userTimeout: given.transport?.tcpUserTimeoutMilliseconds,
      adminDown: given.adminDown,
    };
    reportFaults(given, flat, context);
    return neighborOf(flat);
  });
