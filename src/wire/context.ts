import type { Family } from './family.ts';

/**
 * What the two OPENs negotiated, as one direction of a session sees it: codecs depend on this and on nothing else.
 */
export interface Context {
  /** AS numbers in AS_PATH and AGGREGATOR are four octets (RFC 6793). */
  readonly fourOctetAs: boolean;
  /** Families whose NLRI carries a path identifier in this direction (RFC 7911). */
  readonly addPath: ReadonlySet<Family>;
  /** UPDATE, NOTIFICATION and ROUTE-REFRESH may be up to 65535 octets (RFC 8654). */
  readonly extendedMessage: boolean;
  /** Families whose next hop may be an IPv6 address (RFC 8950). */
  readonly extendedNextHop: ReadonlySet<Family>;
  /** The session is external: LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST are discarded (RFC 7606, 7.5, 7.9, 7.10). */
  readonly external: boolean;
}

/** Before anything is negotiated. */
export const initialContext: Context = {
  fourOctetAs: false,
  addPath: new Set(),
  extendedMessage: false,
  extendedNextHop: new Set(),
  external: true,
};
