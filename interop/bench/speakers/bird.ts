import { rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { startBird } from '../../lab/start.ts';
import { until } from '../../lab/until.ts';
import { firstRoute, lines, partsOf } from '../routes.ts';
import { config, debian, olderDebian, patience, type Speaker } from '../speaker.ts';
import { crowd } from './crowd.ts';

export const bird = birdOf('bird', 'BIRD 3.4', debian, (text) => text);

/** It waits three seconds before it sends what it has (`wait` of its tables), whatever the configuration. */
export const bird2 = birdOf('bird2', 'BIRD 2.0', olderDebian, (text) => text.replace(/^threads .*\n/m, ''));

function birdOf(name: string, title: string, image: string, adapt: (text: string) => string): Speaker {
  return {
    name,
    title,
    image,
    dials: 'sink',
    backlog: 8,
    start: async (node, routes, { peers = 0, sets = 1 } = {}) => {
      node.write('/etc/bird/bird.conf', adapt(config('bird.conf')) + crowd(peers, peer));
      node.write('/etc/bird/routes.conf', sets > 1 ? tableOfSets(routes, sets) : table(firstRoute, routes));
      await startBird(node);
      await until(
        () => node.text(['birdc', 'show', 'route', 'count']),
        (text) => text.includes(`${routes} of ${routes} routes for ${routes} networks in table master6`),
        { what: 'BIRD to have its routes', within: patience(routes) },
      );
      const control = node.path('/run/bird/bird.ctl');
      const included = node.path('/etc/bird/routes.conf');
      const load = async (file: string) => {
        rmSync(included);
        symlinkSync(file, included);
        await ask(control, 'configure', /^0003 /m);
      };
      return {
        received: async () => {
          const [, count] = await ask(
            control,
            'show route count',
            /(\d+) of \d+ routes for \d+ networks in table master6/,
          );
          return Number(count);
        },
        bulk: [
          {
            routes: async (first, count) => {
              const [all, none] = ['/etc/bird/all.conf', '/etc/bird/none.conf'];
              node.write(all, table(first, count));
              node.write(none, '');
              return { announce: () => load(all), withdraw: () => load(none) };
            },
          },
        ],
      };
    },
  };
}

function peer(address: string, number: number): string {
  return `protocol bgp peer${number} from crowd { neighbor ${address} as 65000; }\n`;
}

function tableOfSets(routes: number, sets: number): string {
  const parts = [...partsOf(routes, sets)].map(({ first, count, community }) => {
    const attributes = `{ bgp_community.add((${community >>> 16},${community & 0xffff})); }`;
    return lines(count, (prefix) => `route ${prefix}/64 blackhole ${attributes};`, first);
  });
  return parts.join('');
}

export function table(first: number, count: number): string {
  return lines(count, (prefix) => `route ${prefix}/64 blackhole;`, first);
}

/** A command as `birdc` gives it, without the time that it takes to start that; resolves to what is waited for in the answer. */
export function ask(path: string, command: string, awaited: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.on('connect', () => socket.write(`${command}\n`));
    socket.on('data', (bytes) => {
      text += bytes.toString();
      const found = awaited.exec(text);
      if (found === null) return;
      socket.destroy();
      resolve(found);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`BIRD answered ${text}`)));
  });
}
