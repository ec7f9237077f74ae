// What the client knows of the ring: its document, learned from GET /v1/ring and again when an answer
// tells of a newer epoch, and where its members take requests.
import type { RingDocument } from '../core/api/ring-document.ts';
import { decodeDocument, readSet } from '../core/membership/document.ts';
import { keyOf, slotOf } from '../core/ring/hash.ts';
import { Place } from './places.ts';

export interface KnownRing {
  readonly document: RingDocument;
  /** Incarnation → where it takes requests. */
  readonly places: ReadonlyMap<string, Place>;
}

interface ShownMember {
  readonly incarnation: string;
  readonly lost: boolean;
  /** Absent: this ring's version does not tell. */
  readonly clientAddress?: string;
}

/** Asks a place for GET (or HEAD) /v1/ring: its body, or null where it was not answered well. */
export type AskRing = (place: Place, method: 'GET' | 'HEAD') => Promise<string | null>;

export interface DirectoryOptions {
  readonly bases: readonly string[];
  readonly isDirect: boolean;
  readonly ask: AskRing;
  /** ms since whenever; only differences count. */
  readonly now: () => number;
}

/** `read`: any replica does. `write`: the same one for everybody, as long as it is well. */
export type Purpose = 'read' | 'write';

export class Directory {
  readonly #options: DirectoryOptions;
  readonly #bases: readonly Place[];
  #ring: KnownRing | null = null;
  #learning: Promise<void> | null = null;
  #turn = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#bases = options.bases.map((url) => new Place(url, null));
  }

  get ring(): KnownRing | null {
    return this.#ring;
  }

  /** Where a request about the key should go, best first; never empty. */
  placesFor(key: string | null, purpose: Purpose): readonly Place[] {
    if (this.#ring === null && this.#options.isDirect) void this.learn();
    const replicas = key === null ? [] : this.#replicas(key, purpose);
    for (const place of replicas) this.#lookAfter(place);
    return [
      ...replicas.filter((place) => place.isWell),
      ...this.#basesInTurn(),
      ...replicas.filter((place) => !place.isWell),
    ];
  }

  /** An answer's sender knew this epoch (null: it did not say). */
  heard(epoch: number | null, from: Place): void {
    const known = this.#ring?.document.epoch ?? 0;
    if (epoch !== null && epoch > known && this.#options.isDirect) void this.learn(from);
  }

  /**
   * Resolves when the ring was asked for, learned or not; one who asks at a time. Another ring than
   * before is believed: the addresses that the caller gave lead to it now.
   */
  learn(from?: Place): Promise<void> {
    return (this.#learning ??= this.#learn(from).finally(() => {
      this.#learning = null;
    }));
  }

  async #learn(from: Place | undefined): Promise<void> {
    const asked = [...(from === undefined ? [] : [from]), ...this.#basesInTurn()];
    for (const place of asked) {
      const text = await this.#options.ask(place, 'GET');
      const ring = text === null ? null : this.#ringFrom(text);
      if (ring === null) continue;
      const known = this.#ring?.document;
      const isOther = known?.clusterId !== ring.document.clusterId;
      if (known === undefined || isOther || ring.document.epoch >= known.epoch) this.#ring = ring;
      return;
    }
  }

  /** null: this is no ring that this version of the client can read. */
  #ringFrom(text: string): KnownRing | null {
    try {
      const view = JSON.parse(text) as {
        readonly document: unknown;
        readonly members: readonly ShownMember[];
      };
      const document = decodeDocument(JSON.stringify(view.document));
      const places = new Map(
        view.members.flatMap(({ incarnation, clientAddress, lost }) =>
          clientAddress === undefined || lost
            ? []
            : [[incarnation, this.#placeOf(incarnation, clientAddress, document)] as const],
        ),
      );
      return { document, places };
    } catch {
      return null;
    }
  }

  /** The same place as before where nothing of it changed: what is known of its health stays. */
  #placeOf(incarnation: string, address: string, { clusterId }: RingDocument): Place {
    const url = `http://${address}`;
    const known = this.#ring?.places.get(incarnation);
    return known?.url === url && known.clusterId === clusterId ? known : new Place(url, clusterId);
  }

  #replicas(key: string, purpose: Purpose): readonly Place[] {
    if (this.#ring === null) return [];
    const { document, places } = this.#ring;
    const replicas = readSet(document, slotOf(keyOf(key), document.slotBits)).flatMap(
      (incarnation) => places.get(incarnation) ?? [],
    );
    // Writes meet at the first replica: there conditions are exact, and fewer values are concurrent.
    if (purpose === 'write') return replicas;
    const turn = this.#turn++ % Math.max(1, replicas.length);
    const turned = [...replicas.slice(turn), ...replicas.slice(0, turn)];
    return turned.sort((a, b) => a.inFlight - b.inFlight);
  }

  #basesInTurn(): readonly Place[] {
    const turn = this.#turn++ % this.#bases.length;
    const turned = [...this.#bases.slice(turn), ...this.#bases.slice(0, turn)];
    return turned.sort((a, b) => Number(b.isWell) - Number(a.isWell));
  }

  /** Who failed is asked for nothing that matters until it has answered this. */
  #lookAfter(place: Place): void {
    const nowMs = this.#options.now();
    if (!place.isDue(nowMs)) return;
    place.looked(nowMs);
    void this.#options.ask(place, 'HEAD');
  }
}
