import type { ControlPlane } from '../controlplane/control-plane.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { ControlPlaneConfig } from './config/control-plane.ts';
import type { NodeControlPlane, Wiring } from './control-plane.ts';

/**
 * The control plane of this machine, which is there from the start when the configuration names it or resources were kept, and else from the first
 * call of its API: its code takes a quarter of the time of a start and 5 MB, and once it is there it looks at the machine each second.
 */
export class LazyControlPlane {
  readonly #config: ControlPlaneConfig | undefined;
  readonly #wiring: Wiring;
  #loading: Promise<NodeControlPlane> | undefined;
  #loaded: NodeControlPlane | undefined;
  #state: 'new' | 'started' | 'closed' = 'new';

  constructor(config: ControlPlaneConfig | undefined, wiring: Wiring) {
    this.#config = config;
    this.#wiring = wiring;
  }

  /** With what was kept, when it is needed now. Runs nothing before `start`. */
  async open(): Promise<void> {
    const [kept] = this.#wiring.vault.entries('resources');
    if (this.#config !== undefined || kept !== undefined) await this.#load();
  }

  /** Whatever there is, or comes, is carried out from now on. */
  async start(): Promise<void> {
    this.#state = 'started';
    await this.#loaded?.start();
  }

  /** For a call that needs it. Rejects with SpeakerError when it is closed. */
  async get(): Promise<ControlPlane> {
    return (await this.#load()).controlPlane;
  }

  /** Whether the plan made the instance of that name. */
  hasInstance(name: string): boolean {
    return this.#loaded?.controlPlane.hasInstance(name) ?? false;
  }

  /** Reads the manifests again; when one has a fault, what runs stays as it is. */
  async read(): Promise<void> {
    await this.#loaded?.read();
  }

  close(): void {
    this.#state = 'closed';
    this.#loaded?.close();
  }

  #load(): Promise<NodeControlPlane> {
    // What failed is tried again by the next call.
    this.#loading ??= this.#make().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #make(): Promise<NodeControlPlane> {
    const { NodeControlPlane } = await import('./control-plane.ts');
    if (this.#state === 'closed') throw new SpeakerError('failed-precondition', 'the daemon is stopping');
    this.#loaded ??= new NodeControlPlane(this.#config ?? {}, this.#wiring);
    if (this.#state === 'started') await this.#loaded.start();
    return this.#loaded;
  }
}
