import type { BgpError } from '../wire/error.ts';
import type { Notification, RouteRefresh } from '../wire/message.ts';
import type { Update } from '../wire/update.ts';

/** What can happen to a state machine: RFC 4271, section 8.1, by our names. */
export type Event =
  | { readonly type: StartEvent | TimerEvent | TcpEvent | 'collision-dump' | 'keepalive' }
  /** Absent `cease`: the connection just closes, so that a peer that helps with a graceful restart keeps our routes (RFC 4724, 4.1). */
  | { readonly type: 'manual-stop' | 'automatic-stop'; readonly cease?: BgpError }
  | { readonly type: 'tcp-fails'; readonly error?: Error }
  | { readonly type: 'open' | 'open-while-delaying'; readonly holdTime: number; readonly keepaliveTime: number }
  | { readonly type: 'header-error' | 'open-error' | 'update-error'; readonly error: BgpError }
  | { readonly type: 'notification' | 'notification-version-error'; readonly notification: Notification }
  | { readonly type: 'update'; readonly update: Update }
  | { readonly type: 'route-refresh'; readonly message: RouteRefresh };

type StartEvent =
  | 'manual-start'
  | 'automatic-start'
  | 'manual-start-passive'
  | 'automatic-start-passive'
  | 'automatic-start-damped'
  | 'automatic-start-damped-passive';

type TcpEvent = 'tcp-valid' | 'tcp-invalid' | 'tcp-acked' | 'tcp-confirmed';

type TimerEvent = `${TimerName}-timer`;

export type TimerName = 'connect-retry' | 'hold' | 'keepalive' | 'delay-open' | 'idle-hold' | 'send-hold' | 'stability';

export type EventType = Event['type'];

/** The numbers and names that the RFCs give to our events; what has no number is ours. */
export const rfcEvents: Readonly<Record<EventType, { readonly number?: number; readonly name: string }>> = {
  'manual-start': { number: 1, name: 'ManualStart' },
  'manual-stop': { number: 2, name: 'ManualStop' },
  'automatic-start': { number: 3, name: 'AutomaticStart' },
  'manual-start-passive': { number: 4, name: 'ManualStart_with_PassiveTcpEstablishment' },
  'automatic-start-passive': { number: 5, name: 'AutomaticStart_with_PassiveTcpEstablishment' },
  'automatic-start-damped': { number: 6, name: 'AutomaticStart_with_DampPeerOscillations' },
  'automatic-start-damped-passive': {
    number: 7,
    name: 'AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment',
  },
  'automatic-stop': { number: 8, name: 'AutomaticStop' },
  'connect-retry-timer': { number: 9, name: 'ConnectRetryTimer_Expires' },
  'hold-timer': { number: 10, name: 'HoldTimer_Expires' },
  'keepalive-timer': { number: 11, name: 'KeepaliveTimer_Expires' },
  'delay-open-timer': { number: 12, name: 'DelayOpenTimer_Expires' },
  'idle-hold-timer': { number: 13, name: 'IdleHoldTimer_Expires' },
  'tcp-valid': { number: 14, name: 'TcpConnection_Valid' },
  'tcp-invalid': { number: 15, name: 'Tcp_CR_Invalid' },
  'tcp-acked': { number: 16, name: 'Tcp_CR_Acked' },
  'tcp-confirmed': { number: 17, name: 'TcpConnectionConfirmed' },
  'tcp-fails': { number: 18, name: 'TcpConnectionFails' },
  open: { number: 19, name: 'BGPOpen' },
  'open-while-delaying': { number: 20, name: 'BGPOpen with DelayOpenTimer running' },
  'header-error': { number: 21, name: 'BGPHeaderErr' },
  'open-error': { number: 22, name: 'BGPOpenMsgErr' },
  'collision-dump': { number: 23, name: 'OpenCollisionDump' },
  'notification-version-error': { number: 24, name: 'NotifMsgVerErr' },
  notification: { number: 25, name: 'NotifMsg' },
  keepalive: { number: 26, name: 'KeepAliveMsg' },
  update: { number: 27, name: 'UpdateMsg' },
  'update-error': { number: 28, name: 'UpdateMsgErr' },
  // RFC 9687, 4.2.
  'send-hold-timer': { number: 29, name: 'SendHoldTimer_Expires' },
  // RFC 2918 gives its message no event.
  'route-refresh': { name: 'RouteRefreshMsg' },
  // Ours: a session that lasted forgives the failures before it.
  'stability-timer': { name: 'StabilityTimer_Expires' },
};
