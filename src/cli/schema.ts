import { jsonSchema } from '../daemon/config/schema.ts';
import { printLines } from './output.ts';

/** The JSON schema of the configuration file. */
export function schema(): Promise<void> {
  return printLines([JSON.stringify(jsonSchema(), null, 2)]);
}
