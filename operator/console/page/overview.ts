// One ring at a glance: the picture, whether the data is safe, a key's place, the plan, the members and
// what happened.
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { Forecast, KeyView } from '../view.ts';
import { html } from './html.ts';
import { KeyCard } from './key-card.ts';
import { MembersTable } from './members-table.ts';
import { NewsList } from './news-list.ts';
import { PlanCard } from './plan-card.ts';
import { RingPicture } from './ring-picture.ts';
import { hrefOf } from './routes.ts';
import type { OfRing } from './shared.ts';
import { holdersOf } from './slots.ts';
import { StatusCard } from './status-card.ts';

interface Chosen {
  readonly slot: number;
  /** Of the key that was looked up; null: the slot itself was pointed at. */
  readonly key: KeyView | null;
}

const NO_FATES: ReadonlyMap<string, 'joins' | 'leaves'> = new Map();

export function Overview(props: OfRing): VNode {
  const { state, live } = props;
  const { slots } = live;
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [forecast, setForecast] = useState<Forecast | null>(null);
  const [wanted, setWanted] = useState<number | null>(null);
  const looked = useCallback((key: KeyView | null) => {
    setChosen(key === null ? null : { slot: key.slot, key });
  }, []);
  const list = useMemo(
    () =>
      chosen === null
        ? null
        : slots === null || chosen.slot >= slots.now.slots
          ? null
          : { slot: chosen.slot, list: holdersOf(slots.now, chosen.slot) },
    [chosen, slots],
  );
  const fates = useMemo(
    () =>
      forecast === null
        ? NO_FATES
        : new Map(
            forecast.members.flatMap(({ id, fate }) =>
              fate === 'stays' ? [] : [[id, fate] as const],
            ),
          ),
    [forecast],
  );
  return html`
    <div class="overview">
      <div class="left">
        <section class="card picture" aria-label="The ring">
          <${RingPicture}
            state=${state}
            slots=${slots}
            chosen=${list}
            chooseSlot=${(slot: number) => {
              setChosen({ slot, key: null });
            }}
            fates=${fates}
            open=${(id: string) => {
              location.hash = hrefOf(state.ring, id);
            }}
          />
        </section>
      </div>
      <div class="side">
        <${StatusCard} ...${props} />
        <${KeyCard} ...${props} looked=${looked} />
        <${PlanCard}
          ...${props}
          wanted=${wanted}
          setWanted=${setWanted}
          forecast=${forecast}
          setForecast=${setForecast}
        />
      </div>
      <${MembersTable}
        ...${props}
        add=${() => {
          setWanted((wanted ?? state.wanted) + 1);
          document.getElementById('plan')?.scrollIntoView({ block: 'center' });
        }}
      />
      <${NewsList} news=${live.news} />
    </div>
  `;
}
