import type { ClientReadableStream } from '@grpc/grpc-js';
import { messages } from '../api/client.ts';
import { type PeerEvent, PeerEventType, type RouteEvent, RouteEventType } from '../gen/herald/v1/router_service.ts';
import { TableType } from '../gen/herald/v1/types.ts';
import { type Client, type CommonOptions, instancesOf, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { peerJson, type RouteSource, routeJson } from './json.ts';
import { printLines } from './output.ts';
import { formatAttributes, parseQuery, type RouteQuery, tables } from './routes.ts';

const peerEvents = {
  [PeerEventType.UNSPECIFIED]: 'unknown',
  [PeerEventType.PRESENT]: 'present',
  [PeerEventType.ADDED]: 'added',
  [PeerEventType.REMOVED]: 'removed',
  [PeerEventType.STATE_CHANGED]: 'state-changed',
  [PeerEventType.DOWN]: 'down',
} as const;

const routeEvents = {
  [RouteEventType.UNSPECIFIED]: 'unknown',
  [RouteEventType.PRESENT]: 'present',
  [RouteEventType.ANNOUNCED]: 'announced',
  [RouteEventType.WITHDRAWN]: 'withdrawn',
} as const;

/** Prints what is there, then what happens, until it is stopped, which is what an interrupt does: `[peers|routes] [available|received] [FAMILY] [vrouter ASN] [peer ADDRESS]`. */
export async function monitor(
  args: readonly string[],
  options: CommonOptions,
  stop: AbortSignal = interrupt(),
): Promise<void> {
  const [what, ...rest] = args;
  if (what !== undefined && what !== 'peers' && what !== 'routes') {
    throw new CliError(exitCode.usage, `invalid argument: ${what}, expected peers or routes`);
  }
  if (what === 'peers' && rest.length > 0)
    throw new CliError(exitCode.usage, `invalid argument: ${rest[0]}, expected nothing more`);
  const query = parseQuery(rest);
  if (query.table === 'advertised') {
    throw new CliError(exitCode.usage, 'advertised routes cannot be watched; ask for available or received');
  }
  if (query.table === 'received' && query.peer === undefined) {
    throw new CliError(
      exitCode.usage,
      'name the peer whose routes to watch, as in monitor routes received peer 2001:db8::1',
    );
  }
  const print = printers[options.output];
  await withClient(options, async (client) => {
    const instances = await instancesOf(client, options, query.asn);
    const watches = instances.flatMap(({ name, global }) => {
      const source = { instance: name, asn: global?.asn ?? 0, neighbor: query.peer };
      return [
        ...(what === 'routes' ? [] : [watchPeers(client, name, print, stop)]),
        ...(what === 'peers' ? [] : [watchRoutes(client, query, source, print, stop)]),
      ];
    });
    await Promise.all(watches);
  });
}

function interrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

/** The messages of a watch, until it is stopped. */
async function* until<Response>(stream: ClientReadableStream<Response>, stop: AbortSignal): AsyncGenerator<Response> {
  const cancel = () => stream.cancel();
  stop.addEventListener('abort', cancel);
  if (stop.aborted) cancel();
  try {
    yield* messages(stream);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener('abort', cancel);
  }
}

/** Something that happened. */
interface Happening {
  readonly at: Date;
  readonly event: string;
  /** For people, after the event. */
  readonly words: readonly string[];
  /** For programs. */
  readonly value: Record<string, unknown>;
}

type Print = (happening: Happening) => string;

const textLine: Print = ({ at, event, words }) => [at.toISOString(), event, ...words].join(' ');
const jsonLine: Print = ({ at, event, value }) => JSON.stringify({ at: at.toISOString(), event, ...value });
/** One element of a sequence. */
const yamlLine: Print = (happening) => `- ${jsonLine(happening)}`;
const printers: Readonly<Record<CommonOptions['output'], Print>> = {
  table: textLine,
  wide: textLine,
  json: jsonLine,
  yaml: yamlLine,
};

async function watchPeers(client: Client, instance: string, print: Print, stop: AbortSignal): Promise<void> {
  for await (const { event } of until(client.watchPeers({ instance }), stop)) {
    if (event?.$case === 'peer') await printLines([print(peerHappening(instance, event.value))]);
  }
}

function peerHappening(instance: string, { type, at, peer, down }: PeerEvent): Happening {
  const bfd = peer?.bfd === undefined ? [] : [`bfd ${peer.bfd.state}`];
  const reason = down === undefined ? [] : [`(${down.text})`];
  return {
    at: at ?? new Date(0),
    event: peerEvents[type],
    words: [instance, 'peer', peer?.name ?? '', peer?.peerAddress ?? '', peer?.sessionState ?? '', ...bfd, ...reason],
    value: { peer: peer && peerJson(instance, peer), ...(down && { reason: down.text }) },
  };
}

async function watchRoutes(
  client: Client,
  query: RouteQuery,
  source: RouteSource,
  print: Print,
  stop: AbortSignal,
): Promise<void> {
  const tableType = query.table === 'available' ? TableType.LOC_RIB : tables[query.table];
  const request = { instance: source.instance, tableType, family: query.family, neighbor: query.peer ?? '' };
  for await (const { events } of until(client.watchRoutes(request), stop)) {
    await printLines(events.map((event) => print(routeHappening(source, event))));
  }
}

function routeHappening(source: RouteSource, { type, at, route }: RouteEvent): Happening {
  const paths = type === RouteEventType.WITHDRAWN ? [] : (route?.paths ?? []);
  return {
    at: at ?? new Date(0),
    event: routeEvents[type],
    words: [source.instance, 'route', route?.prefix ?? '', ...paths.map(formatAttributes)],
    value: { route: route && routeJson(source, route) },
  };
}
