// What the package exports: the codecs, and the speaker with the world it needs.

export { Address, AddressError } from './ip/address.ts';
export { Prefix } from './ip/prefix.ts';
export type { Bfd, BfdHandle, BfdRequest, BfdStatus } from './link/bfd/ports.ts';
export { systemBfd } from './link/bfd/system.ts';
export type { RoutePolicy } from './policy/types.ts';
export type {
  Availability,
  Clock,
  Connection,
  Entropy,
  Listener,
  Network,
  SocketOptions,
  World,
} from './session/ports.ts';
export { SecretText } from './session/secret-text.ts';
export type { DownReason, Negotiated, SessionState } from './session/types.ts';
export { SpeakerError, type SpeakerErrorCode } from './speaker/error.ts';
export type { SpeakerLog } from './speaker/log.ts';
export type { PolicyEdits, PolicyKey } from './speaker/policies.ts';
export { Speaker } from './speaker/speaker.ts';
export type {
  AsnRange,
  BfdOptions,
  BgpGlobal,
  GetRoutesRequest,
  ListenRange,
  ListenRangeState,
  Neighbor,
  Path,
  PathSpec,
  PeerEvent,
  PeerState,
  ResetOptions,
  Route,
  RouteEvent,
  RouteFilter,
  TableType,
} from './speaker/types.ts';
export type { SpeakerWorld } from './speaker/world.ts';
export { tcpNetwork } from './transport/tcp.ts';
export { systemClock, systemEntropy } from './transport/world.ts';
export type { Capability } from './wire/capability.ts';
export { decodeMessage, encodeMessage } from './wire/codec.ts';
export {
  CommunityError,
  formatCommunity,
  formatLargeCommunity,
  parseCommunity,
  parseLargeCommunity,
} from './wire/community.ts';
export { type Context, initialContext } from './wire/context.ts';
export { BgpError } from './wire/error.ts';
export {
  type Family,
  family,
  familyName,
  ipv4Multicast,
  ipv4Unicast,
  ipv6Multicast,
  ipv6Unicast,
  parseFamily,
} from './wire/family.ts';
export type { Keepalive, Message, Notification, Open, RouteRefresh } from './wire/message.ts';
export { countPrefixes, packPrefixes, prefixesOf } from './wire/nlri.ts';
export { formatMessage, toJson } from './wire/text.ts';
export type { AsSegment, Attributes, Fault, NextHop, Nlri, Reach, Update } from './wire/update.ts';
