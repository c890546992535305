import { expect } from 'vitest';
import { RoutesEncoder, serializeRoutes } from '../../src/api/routes-encoder.ts';
import { RouteWriter } from '../../src/api/to-proto/route.ts';
import { GetRoutesResponse } from '../../src/gen/herald/v1/router_service.ts';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { RouteRow } from '../../src/speaker/route-row.ts';
import type { Path, Route } from '../../src/speaker/types.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { runs } from '../runs.ts';
import { type Draw, drawAttributes, drawNextHop, drawn, law } from '../wire/arbitraries.ts';

const context = { ...initialContext, fourOctetAs: true, external: false };
const now = new Date('2026-01-01T00:00:00Z');

function drawRoute(draw: Draw, shared: Pick<Path, 'attributes' | 'nextHop'>): Route {
  const family = draw.oneIn(2) ? ipv4Unicast : ipv6Unicast;
  const size = family === ipv4Unicast ? 4 : 16;
  const prefix = Prefix.around(new Address(draw.bytes(size)), draw.upTo(8 * size));
  const paths = draw.list(1, 3, (): Path => {
    const own = { attributes: drawAttributes(draw, context), nextHop: drawNextHop(draw, family, context) };
    return {
      family,
      pathId: draw.oneIn(2) ? 0 : draw.u32(),
      ...(draw.oneIn(2) ? shared : own),
      best: draw.oneIn(2),
      // Up to some decades ago, or in the future: clocks are set.
      createdAt: new Date(now.getTime() - draw.pick([-5, 0, 1, 127, 128, draw.u32(), 200 * draw.u32()])),
      ...(draw.oneIn(2) && { uuid: draw.bytes(16) }),
      sourceAsn: draw.u32(),
    };
  });
  return { prefix, paths };
}

/** As a walk of the tables has it. */
function rowOf({ prefix: { bytes, length }, paths }: Route): RouteRow {
  const [first] = paths;
  if (first === undefined) throw new Error('a route has a path');
  const rows = paths.map((path) => ({
    ...path,
    createdAt: path.createdAt.getTime(),
    uuid: path.uuid ?? new Uint8Array(16),
    hasUuid: path.uuid !== undefined,
  }));
  return { family: first.family, bytes, length, paths: rows, count: rows.length };
}

const lists = drawn((draw) => {
  const shared = { attributes: drawAttributes(draw, context), nextHop: drawNextHop(draw, ipv6Unicast, context) };
  return draw.list(0, 3, () => drawRoute(draw, shared));
});

law(
  'what is encoded at once is what the generated code reads of the same routes as messages',
  lists,
  (routes) => {
    const encoder = new RoutesEncoder();
    for (const route of routes) encoder.add(rowOf(route), now.getTime());
    const octets = serializeRoutes(encoder.take());
    expect(encoder.size).toBe(0);
    const writer = new RouteWriter();
    const messages = { routes: routes.map((route) => writer.write(route, now)) };
    expect(GetRoutesResponse.decode(octets)).toEqual(GetRoutesResponse.decode(serializeRoutes(messages)));
  },
  Math.ceil(runs / 10),
);
