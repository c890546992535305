import * as z from 'zod';
import { controlPlane } from './control-plane.ts';
import { instance } from './instance.ts';
import { api, telemetry } from './listeners.ts';
import { log } from './log.ts';
import { unique } from './unique.ts';

// The configuration file: names, ranges and words are Cilium's wherever Cilium has the thing.

export const configSchema = z
  .strictObject({
    api: api.optional(),
    log: log.optional(),
    telemetry: telemetry.optional().meta({ description: 'Metrics for Prometheus, and probes. Default: none.' }),
    controlPlane: controlPlane.optional().meta({ description: 'What is made of Cilium’s resources.' }),
    stateDir: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Where what the API was given is kept over restarts. Default: nowhere.' }),
    routesMemoryMegabytes: z.int().min(1).max(1024).optional().meta({
      description:
        'What the routes of all peers of an instance may take; the peer that sent most goes beyond it (Cease 6/8). Default: a quarter of the memory there is, and 1024 at most.',
    }),
    instances: unique(z.array(instance).max(16), 'name', ['name'], ({ name }) => name).default([]),
    lab: instance.optional().meta({
      description: 'A router to try things with: an instance in the same process that plays the other side.',
    }),
  })
  .transform((given, context) => {
    const { instances, lab } = given;
    if (lab !== undefined && instances.some(({ name }) => name === lab.name)) {
      const message = `the name ${lab.name} is already that of an instance`;
      context.issues.push({ code: 'custom', message, path: ['lab', 'name'], input: lab.name });
    }
    return given;
  })
  .meta({ title: 'Herald configuration' });

export type Config = z.infer<typeof configSchema>;

/** The schema for editors; what only code can check is not in it. */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });
}
