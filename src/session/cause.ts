import type { BgpError } from '../wire/error.ts';
import { describe, notificationOf } from '../wire/notification.ts';
import type { Event } from './event.ts';
import type { FsmState } from './fsm.ts';
import type { Endpoint, SocketOptions } from './ports.ts';
import type { DownReason, SessionConfig } from './types.ts';

/** What is under a connection went, though TCP has not noticed; the message is all that there is to say. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

/** Why a machine let go of its connection: `event` happened in `state`, and `error` is the NOTIFICATION that went out, if one did. */
export function downReason(
  state: FsmState,
  event: Event,
  error: BgpError | undefined,
  config: SessionConfig,
): DownReason {
  switch (event.type) {
    case 'manual-stop':
      return {
        kind: 'stopped',
        ...(error && { notification: notificationOf(error) }),
        text: event.cease?.message ?? 'stopped',
      };
    case 'notification':
    case 'notification-version-error':
      return {
        kind: 'notification-received',
        notification: event.notification,
        text: describe(event.notification),
      };
    case 'tcp-fails':
      return { kind: 'connection', text: connectionText(state, event.error, config) };
    case 'connect-retry-timer':
      return { kind: 'connection', text: noAnswer(config) };
    default: {
      if (error === undefined) return { kind: 'connection', text: `unexpected in ${state.name}: ${event.type}` };
      const notification = notificationOf(error);
      return { kind: 'notification-sent', notification, text: `${describe(notification)}: ${error.message}` };
    }
  }
}

function connectionText(state: FsmState, error: Error | undefined, config: SessionConfig): string {
  if (error instanceof LinkError) return error.message;
  const { remote, localAddress, options } = config;
  const code = codeOf(error);
  const detail = error === undefined ? '' : ` (${error.message})`;
  switch (state.name) {
    case 'open_sent':
      return (
        `connected to ${remote.address}, then closed before OPEN: no address family activated for us, ` +
        `wrong peer address, or outside the listen range${detail}`
      );
    case 'open_confirm':
    case 'established':
      return `the connection with ${remote.address} was closed without NOTIFICATION${detail}`;
    default:
      break;
  }
  if (state.name !== 'idle' && state.delaying)
    return `${remote.address} closed the connection before any OPEN${detail}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `connection refused by ${at(remote)}: BGP is not running there, or the port is wrong`;
    case 'ETIMEDOUT':
      return noAnswer(config);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no way to ${remote.address} (${code}): is there a route, is the link up, is the address right, and reachable${hops(options)}?`;
    case 'EADDRNOTAVAIL':
      return localAddress === undefined
        ? `no local address to reach ${remote.address} from (${code})`
        : `the local address ${localAddress} is not on this machine (${code})`;
    case 'EADDRINUSE':
      return `the local address or port for ${at(remote)} is in use (${code})`;
    case 'EACCES':
    case 'EPERM':
      return `not permitted to connect to ${at(remote)} (${code}): a firewall rule, or a local port below 1024`;
    case 'EINVAL':
      return `cannot connect from ${localAddress ?? 'any address'} to ${remote.address} (${code}): a link-local address needs an interface that exists, as in fe80::1%eth0`;
    default:
      return error === undefined
        ? `${at(remote)} closed the connection`
        : `cannot connect to ${at(remote)}: ${error.message}`;
  }
}

/** How far what we send may go: a router drops the rest, and not each says so. */
function hops({ ttl }: SocketOptions = {}): string {
  if (ttl === undefined) return '';
  return ttl === 1 ? ' in one hop (else set ebgpMultihop)' : ` in ${ttl} hops (ebgpMultihop)`;
}

/** A kernel drops what is not signed as it expects, or came from too far, without a word. */
function noAnswer({ remote, localAddress, options = {} }: SessionConfig): string {
  const start = `no answer from ${at(remote)}`;
  if (options.password !== undefined) {
    const source = localAddress === undefined ? ', and for the address that we connect from (set localAddress)' : '';
    return `${start}: most likely a password mismatch (TCP MD5): is the same one set on both sides${source}? If it is, is the router up, is the address reachable${hops(options)}?`;
  }
  if (options.ttlSecurity === true)
    return `${start}: is the router up, and on the same link? With ttlSecurity it must send with TTL 255, so have GTSM (ttl-security) too`;
  return `${start}: is the router up, is the address reachable${hops(options)}? If it wants a password of us, an MD5 mismatch looks like this too`;
}

function at({ address, port }: Endpoint): string {
  return `${address} port ${port}`;
}

/** The operating system's name of an error, such as ECONNREFUSED. */
function codeOf(error: Error | undefined): string | undefined {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
