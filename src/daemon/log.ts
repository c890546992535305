import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { logFormats, logLevels } from './config/log.ts';

export type LogLevel = (typeof logLevels)[number];
export type LogFormat = (typeof logFormats)[number];

/** Whatever may hold a secret, at the depths at which lines are written. */
const secrets = ['password', 'authPassword', '*.password', '*.authPassword', '*.*.password', '*.*.authPassword'];

/** Octets that wait for room. */
const most = 1 << 20;

/**
 * Where the daemon's lines go: standard error, at once, so that none is lost when the process ends. A disk that is full, or a reader that has gone, must not
 * end the sessions: lines wait then, and the newest of too many are lost.
 */
function standardError(): DestinationStream {
  const stream = destination({ dest: 2, sync: true, maxLength: most });
  stream.on('error', () => undefined);
  return stream;
}

/** `to`: standard error when absent. */
export function createLog(level: LogLevel, format: LogFormat, to: DestinationStream = standardError()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secrets, censor: '[redacted]' },
    },
    format === 'json' ? to : { write: (line) => to.write(`${pretty(line)}\n`) },
  );
}

/** A line for people: the time of day, the level, the message, then the fields as `name=value`. */
function pretty(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${valueOf(value)}`);
  return [String(time).slice(11, 23), String(level).padEnd(5), msg, ...rest].join(' ');
}

function valueOf(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
