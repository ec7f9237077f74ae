// The console as people meet it: a real browser, a real ring of processes under a real operator.
// BROWSER_PICTURES=folder keeps a picture of each step, to be looked at.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { request } from 'undici';
import { openConsole } from '../../operator/console/server.ts';
import { OperatedRing } from '../live/operated-ring.ts';
import { until } from '../live/until.ts';
import { PlaceAtHand } from '../operator/console/place-at-hand.ts';
import { IdealRing } from '../operator/planner/ideal-ring.ts';
import {
  DESK,
  keep,
  LATE,
  openBrowser,
  overflow,
  PHONE,
  see,
  seen,
  unreadable,
  whyNoBrowser,
} from './chromium.ts';

const WAIT_MS = 60_000;
/** Markup, quotes, what templates take for theirs, and a mark that turns text round. */
const HOSTILE = '<img src=x onerror="alert(1)">\u202e"\'&lt;${1}';

/** The value of k7. */
const SHORT = 'x'.repeat(200);
const SHOWN = HOSTILE.replace('\u202e', '⟨U+202E⟩');

/**
 * Waits for what a listing shows. A machine under load may miss the deadline of one: the page then says
 * so, and offers another try. How often it was taken.
 */
async function listed(page: Page, wanted: Locator): Promise<number> {
  const again = page.getByRole('button', { name: 'Try again' });
  let tries = 0;
  await until('the keys are listed', WAIT_MS, async () => {
    if (await again.isVisible()) {
      await again.click();
      tries++;
    }
    return await wanted.isVisible();
  });
  return tries;
}

(whyNoBrowser === null ? describe : describe.skip)(seen('the console in a browser'), () => {
  let browser: Browser;
  let ring: OperatedRing;
  let address: string;
  let token: string;

  beforeAll(async () => {
    browser = await openBrowser();
    ring = await OperatedRing.start({
      replicas: 3,
      replicationFactor: 3,
      // The least that may be asked for: a move must last until a browser has shown it.
      handoffBytesPerSecond: 65_536,
    });
    const operator = readFileSync(ring.state.operator, 'utf8');
    ({ console: address } = JSON.parse(operator) as { console: string });
    token = readFileSync(ring.state.consoleToken, 'utf8').trim();
    for (let i = 0; i < 300; i++) {
      const body = i === 7 ? SHORT : 'x'.repeat(2_000);
      await until(`k${i} is stored`, WAIT_MS, async () => {
        const url = `http://localhost:${ring.proxyPort}/v1/kv/k${i}`;
        return (await request(url, { method: 'PUT', body })).statusCode === 204;
      });
    }
  }, 120_000);

  afterAll(() => browser.close(), 60_000);
  afterAll(() => ring.destroy(), 60_000);

  test('takes the token out of its address, and changes nothing without one', async () => {
    const closed = await see(browser, address, DESK);
    await closed.page.getByRole('button', { name: 'Unlock' }).waitFor();
    expect(await closed.page.getByRole('button', { name: 'Add a member' }).isDisabled()).toBe(true);
    const open = await see(browser, `${address}#token=${token}`, DESK);
    await open.page.getByRole('button', { name: 'Lock' }).waitFor();
    expect(open.page.url()).toBe(address);
    expect(await open.page.getByRole('button', { name: 'Add a member' }).isEnabled()).toBe(true);
    expect([closed.complaints, open.complaints]).toEqual([[], []]);
    await closed.page.close();
    await open.page.close();
  });

  test(
    'looks a key up: its place on the ring and its value; a hostile one stays the text it is',
    async () => {
      const { page, complaints } = await see(browser, `${address}#token=${token}`, DESK);
      const field = page.getByRole('textbox', { name: 'Key' });
      await field.fill('k7');
      await page.getByRole('button', { name: 'Look up' }).click();
      await page.locator('.value pre').waitFor();
      expect(await page.locator('.value pre').textContent()).toBe(SHORT);
      expect(await page.locator('.badge').count()).toBe(3);
      await keep(page, 'lookup');
      await field.fill(HOSTILE);
      await field.press('Enter');
      await page.getByText('The ring holds no value under this key.').waitFor();
      const value = `<script>alert(2)</script>${HOSTILE}`;
      await page.getByRole('textbox', { name: 'Value' }).fill(value);
      await page.getByRole('button', { name: 'Store' }).click();
      await page.getByText('Stored.').waitFor();
      await page.locator('.value pre').waitFor();
      expect(await page.locator('.value pre').textContent()).toBe(
        `<script>alert(2)</script>${SHOWN}`,
      );
      expect(await page.locator('img[src=x], pre script').count()).toBe(0);
      await page.goto(`${address}#/ring/member/ring-1`);
      await page.getByRole('searchbox').fill('<img');
      await page.keyboard.press('Enter');
      let late = await listed(page, page.locator('.keys button', { hasText: 'onerror' }));
      await page.locator('.keys button', { hasText: 'onerror' }).click();
      await page.locator('.key-name').waitFor();
      expect(await page.locator('.key-name').textContent()).toBe(SHOWN);
      await keep(page, 'hostile-key');
      await page.getByText('Change it').click();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Yes, delete the key' }).click();
      await page.getByText('Deleted.').waitFor();
      late += await listed(page, page.getByText('No keys.'));
      // One of each listing that was late, and no other.
      expect(complaints).toEqual(Array.from({ length: late }, () => expect.stringMatching(LATE)));
      await page.close();
    },
    2 * WAIT_MS,
  );

  test(
    'a listing that misses its deadline says so, and is there after another try',
    async () => {
      const { page, complaints } = await see(browser, address, DESK);
      const problem = { title: 'Too late', code: 'TIMEOUT', detail: 'the ring took too long' };
      const late = { status: 504, contentType: 'application/problem+json' };
      await page.route(
        '**/members/ring-0/keys*',
        (route) => route.fulfill({ ...late, body: JSON.stringify(problem) }),
        { times: 1 },
      );
      await page.goto(`${address}#/ring/member/ring-0`);
      await page.getByRole('alert').getByText('the ring took too long').waitFor();
      expect(await listed(page, page.locator('.keys button').first())).toBe(1);
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(complaints).toEqual([expect.stringMatching(LATE)]);
      await page.close();
    },
    WAIT_MS,
  );

  test(
    'a scale-out is planned, asked for, and watched to its end',
    async () => {
      const { page, complaints } = await see(browser, `${address}#token=${token}`, DESK);
      await page.getByRole('slider', { name: 'Members wanted' }).fill('5');
      await page.locator('.forecast').waitFor();
      expect(await page.locator('.member.ghost').count()).toBe(2);
      expect(await page.locator('.forecast').textContent()).toMatch(/^Would\s+move \d+ keys/);
      await keep(page, 'plan');
      await page.getByRole('button', { name: 'Apply' }).click();
      const operation = page.locator('.operation', { hasText: 'join ring-3, ring-4' });
      await operation.waitFor({ timeout: WAIT_MS });
      await page.locator('.flow').first().waitFor();
      await keep(page, 'scale-out');
      await page.locator('.status h1', { hasText: 'Safe' }).waitFor({ timeout: WAIT_MS });
      await until(
        'all serve',
        WAIT_MS,
        async () => (await page.locator('.member.serving').count()) === 5,
      );
      const ended = page.locator('.news', { hasText: /join ring-3, ring-4: ended at epoch/ });
      await ended.waitFor({ timeout: WAIT_MS });
      expect(complaints).toEqual([]);
      await page.close();
    },
    2 * WAIT_MS,
  );

  test(
    'a member that is paused lets its slots glow until it goes on',
    async () => {
      const { page } = await see(browser, `${address}#token=${token}`, { ...DESK, scheme: 'dark' });
      await page.locator('[data-member=ring-2] .name').click();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.locator('.card.head .condition.paused').waitFor();
      await page.getByRole('link', { name: '← ring' }).click();
      await page.locator('.slot-run.short').first().waitFor();
      await page.locator('.status h1', { hasText: 'Fewer copies' }).waitFor();
      await keep(page, 'paused-dark');
      await page.getByRole('link', { name: 'ring-2', exact: true }).click();
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.locator('.card.head .condition.serving').waitFor();
      await page.close();
    },
    WAIT_MS,
  );

  test(
    'the keyboard alone goes from member to member, to a slot, and into a page',
    async () => {
      const { page } = await see(browser, address, DESK);
      const caption = page.locator('.ring-caption');
      await page.locator('[data-at="0"]').focus();
      await page.keyboard.press('ArrowRight');
      await caption.getByText('ring-1', { exact: true }).waitFor();
      expect(await caption.textContent()).toMatch(/^ring-1 .*followed by/);
      await page.getByRole('slider', { name: 'slot of the ring' }).focus();
      await page.keyboard.press('ArrowRight');
      await caption.getByText('slot').waitFor();
      expect(await caption.textContent()).toMatch(/^slot 1: ring-\d → /);
      await page.locator('[data-at="0"]').focus();
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: 'ring-0' }).waitFor();
      await page.close();
    },
    WAIT_MS,
  );

  test.each(['light', 'dark'] as const)(
    'a phone shows all of it in %s, legible and no wider than it is',
    async (scheme) => {
      const { page } = await see(browser, `${address}#token=${token}`, { ...PHONE, scheme });
      await page.getByRole('textbox', { name: 'Key' }).fill('k7');
      await page.getByRole('button', { name: 'Look up' }).click();
      await page.locator('.value pre').waitFor();
      await page.getByRole('spinbutton').fill('4');
      await page.locator('.forecast').waitFor();
      await keep(page, `phone-${scheme}`);
      expect(await overflow(page)).toBe(0);
      expect(await unreadable(page)).toEqual([]);
      await page.goto(`${address}#/ring/member/ring-0`);
      await listed(page, page.locator('.keys button').first());
      await page.locator('.keys button').first().click();
      await page.locator('.value pre').waitFor();
      expect(await overflow(page)).toBe(0);
      expect(await unreadable(page)).toEqual([]);
      await keep(page, `phone-member-${scheme}`);
      await page.close();
    },
    WAIT_MS,
  );

  test(
    'a hundred members have each a place and a row, and none takes room from others',
    async () => {
      const ideal = IdealRing.settledAt(100, {}, 4);
      const opened = await openConsole(new PlaceAtHand(ideal), { port: 0, orAny: false });
      try {
        const { page, complaints } = await see(browser, `http://localhost:${opened.port}/`, DESK);
        await page.locator('[data-at="99"]').waitFor();
        expect(await page.locator('tbody tr').count()).toBe(100);
        expect(await overflow(page)).toBe(0);
        await keep(page, 'hundred');
        await page.setViewportSize({ width: PHONE.width, height: PHONE.height });
        expect(await overflow(page)).toBe(0);
        expect(complaints).toEqual([]);
        await page.close();
      } finally {
        await opened.close();
      }
    },
    WAIT_MS,
  );
});
