import type { Address } from '../../ip/address.ts';
import type { DefaultRoute } from './types.ts';

/** The gateway of the best default route whose device is up; a link-local one with its device as zone. Undefined: there is none. */
export function defaultGateway(routes: readonly DefaultRoute[], family: DefaultRoute['family']): Address | undefined {
  const best = bestDefaultRoute(routes, family);
  return best?.gateway?.isLinkLocal === true ? best.gateway.withZone(best.device) : best?.gateway;
}

/** The best default route with a gateway whose device is up. */
export function bestDefaultRoute(
  routes: readonly DefaultRoute[],
  family: DefaultRoute['family'],
): DefaultRoute | undefined {
  const usable = routes.filter(
    (route) => route.family === family && route.deviceUp && route.gateway !== undefined && !route.gateway.isUnspecified,
  );
  const [best] = usable.toSorted((a, b) => a.metric - b.metric || (a.device < b.device ? -1 : 1));
  return best;
}
