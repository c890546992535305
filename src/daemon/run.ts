import type { Logger } from 'pino';
import { BindError } from '../api/socket.ts';
import { systemBfd } from '../link/bfd/system.ts';
import type { BfdThread } from '../link/bfd/thread.ts';
import { systemLinks } from '../link/system.ts';
import { SpeakerError } from '../speaker/error.ts';
import { warmUp } from '../speaker/warm-up.ts';
import { tcpNetwork } from '../transport/tcp.ts';
import { systemClock, systemEntropy } from '../transport/world.ts';
import { ConfigError } from './config/error.ts';
import type { Config } from './config/schema.ts';
import { Daemon } from './daemon.ts';
import { createLog } from './log.ts';
import { memoryForRoutes } from './memory.ts';
import { rehearse } from './rehearsal.ts';
import { timeToSpare } from './spare-time.ts';
import { StateError } from './state-error.ts';

/** A daemon that could not start; the message says what, where, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly kind: 'config' | 'bind' | 'state';

  constructor(kind: StartError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Run {
  readonly config: Config;
  readonly daemon: Daemon;
  /** Resolves when a signal has ended the daemon in good order. */
  readonly ended: Promise<void>;
}

/**
 * Runs the daemon of a configuration file or directory, or one with nothing in it. SIGHUP reads the files again. SIGTERM and SIGINT
 * end it, and a second one ends the process at once; after SIGTERM, peers that help with graceful restart keep our routes. `restarted`: this
 * process goes on where another left off, which the state directory says by itself. Throws StartError.
 */
export async function run(path: string | undefined, version: string, restarted?: boolean): Promise<Run> {
  const bfd = systemBfd();
  const starting = start(bfd, path, version, restarted);
  // From the first moment on: without a listener the signal ends the process.
  process.on('SIGHUP', () => {
    starting.then(
      ({ daemon, log }) => reload(daemon, path, log),
      () => undefined,
    );
  });
  const { config, daemon, log } = await starting;
  warmUpAside(daemon, config).catch((err: unknown) => log.warn({ err }, 'the warm-up ended early'));
  const ended = new Promise<void>((resolve, reject) => {
    let isEnding = false;
    const end = (signal: NodeJS.Signals) => {
      if (isEnding) process.exit(1);
      isEnding = true;
      log.info({ signal }, 'stopping');
      // Whoever stops a service to start it again sends SIGTERM, and cannot say so; SIGINT is for good.
      daemon
        .stop(`herald stops (${signal})`, signal === 'SIGTERM' ? 'restart' : 'for-good')
        .then(() => bfd.close())
        .then(() => {
          log.info('stopped');
          resolve();
        }, reject);
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
  return { config, daemon, ended };
}

async function start(
  bfd: BfdThread,
  path: string | undefined,
  version: string,
  restarted: boolean | undefined,
): Promise<{ config: Config; daemon: Daemon; log: Logger }> {
  try {
    const config: Config = path === undefined ? { instances: [] } : await load(path);
    const log = createLog(config.log?.level ?? 'info', config.log?.format ?? 'json');
    const links = systemLinks(systemClock, systemEntropy);
    const megabytes = config.routesMemoryMegabytes;
    const memory = megabytes === undefined ? memoryForRoutes() : megabytes * 1_000_000;
    const world = { clock: systemClock, network: tcpNetwork, entropy: systemEntropy, links, bfd, memory };
    return {
      config,
      log,
      daemon: await Daemon.start(config, { world, log, version, ...(restarted !== undefined && { restarted }) }),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new StartError('config', error.message);
    if (error instanceof StateError) throw new StartError('state', error.message);
    if (error instanceof BindError || error instanceof SpeakerError) throw new StartError('bind', error.message);
    throw error;
  }
}

/** In milliseconds: what all steps of the warm-up together wait, for some peers may never answer, or not read at all, or never cease to send. */
const patience = 500;

/**
 * A step at a time, so that peers and requests never wait for more than one; none beside a handshake, nor while a table is sent, which have turns in between
 * that have nothing to do.
 */
async function warmUpAside(daemon: Daemon, { log }: Config): Promise<void> {
  const silent = createLog(log?.level ?? 'info', 'json', { write: () => undefined });
  const steps = warmUp(() => rehearse(silent));
  let waited = 0;
  do {
    waited += await timeToSpare(() => daemon.isGreeting || daemon.isSending, patience - waited);
  } while ((await steps.next()).done !== true);
}

/** What reads YAML is loaded where there is some. */
async function load(path: string): Promise<Config> {
  const { loadConfig } = await import('./config/load.ts');
  return loadConfig(path);
}

/** A bad file changes nothing. */
async function reload(daemon: Daemon, path: string | undefined, log: Logger): Promise<void> {
  if (path === undefined) {
    log.warn('SIGHUP: there is no configuration file to read again');
    return;
  }
  try {
    await daemon.reload(await load(path));
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      log.error({ err: error }, 'SIGHUP: the configuration could not be loaded');
      return;
    }
    for (const problem of error.problems) log.error(problem);
    log.error('SIGHUP: the configuration has faults; what runs stays as it is');
  }
}
