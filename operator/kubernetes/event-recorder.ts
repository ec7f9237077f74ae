// Events of a DhtCluster at the API server. They are for people: one that can't be written is logged,
// and nothing waits for it. What repeats itself is one event that counts.
import { KUBE_EVENTS_MAX, KUBE_EVENT_MS } from '../../core/limits.ts';
import type { KubeApi, KubeKind, KubeObject } from './api.ts';
import { microTime } from './lease.ts';
import { FIELD_MANAGER } from './names.ts';
import type { Happening } from './operated.ts';

export const EVENTS: KubeKind = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/** Characters of a note; the API server's bound is 1 kB. */
const NOTE_MAX = 1000;

interface Told {
  readonly name: string;
  readonly namespace: string;
  readonly note: string;
  count: number;
  atMs: number;
}

export interface RecorderOptions {
  readonly api: KubeApi;
  /** Of this process, for whoever asks who said it. */
  readonly instance: string;
  readonly nowMs: () => number;
  /** Eight or so characters that were never drawn before. */
  readonly draw: () => string;
  readonly failed: (error: unknown) => void;
}

export class EventRecorder {
  private readonly options: RecorderOptions;
  private readonly told = new Map<string, Told>();
  private pending = 0;

  constructor(options: RecorderOptions) {
    this.options = options;
  }

  /** Returns at once. */
  tell(about: KubeObject, happening: Happening): void {
    // A storm of events is worth less than the API server's peace.
    if (this.pending >= KUBE_EVENTS_MAX) return;
    this.pending += 1;
    this.write(about, happening)
      .catch(this.options.failed)
      .finally(() => (this.pending -= 1));
  }

  private async write(about: KubeObject, happening: Happening): Promise<void> {
    const { api, nowMs } = this.options;
    const now = nowMs();
    this.forget(now);
    const key = [about.metadata.uid, happening.reason, happening.about ?? ''].join(' ');
    const known = this.told.get(key);
    if (known?.note === happening.message) {
      known.count += 1;
      known.atMs = now;
      const ref = { kind: EVENTS, namespace: known.namespace, name: known.name };
      await api.patch(ref, { series: { count: known.count, lastObservedTime: microTime(now) } });
      return;
    }
    const event = this.eventOf(about, happening, now);
    const { name, namespace = '' } = event.metadata;
    this.told.set(key, { name, namespace, note: happening.message, count: 1, atMs: now });
    await api.create(EVENTS, event);
  }

  private eventOf(
    about: KubeObject,
    { type, reason, message }: Happening,
    now: number,
  ): KubeObject {
    const { apiVersion, kind, metadata } = about;
    const { name, namespace = 'default', uid, resourceVersion } = metadata;
    return {
      apiVersion: EVENTS.apiVersion,
      kind: EVENTS.kind,
      metadata: { name: `${name}.${this.options.draw()}`, namespace },
      eventTime: microTime(now),
      reportingController: FIELD_MANAGER,
      reportingInstance: this.options.instance.slice(0, 128),
      action: reason,
      reason,
      type,
      note: message.slice(0, NOTE_MAX),
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
    } as KubeObject;
  }

  private forget(now: number): void {
    for (const [key, { atMs }] of this.told) if (now - atMs > KUBE_EVENT_MS) this.told.delete(key);
  }
}
