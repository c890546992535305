/** Where a speaker's log lines go; pino fits. */
export interface SpeakerLog {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
  /** Whether such lines go anywhere. Absent: nobody knows. */
  isLevelEnabled?(level: 'debug'): boolean;
}
