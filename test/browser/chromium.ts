// A real browser for tests of the console: Debian's chromium, driven by playwright-core.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const found = process.env['CHROMIUM'] ?? PATHS.find((path) => existsSync(path));

/** Why no browser can be had, and what would change that; null: there is one. */
export const whyNoBrowser =
  found === undefined
    ? 'there is no chromium: install it (Debian: apt-get install chromium), or name one in CHROMIUM'
    : null;

/** What a test of a browser is called; where there is none, it says why it is skipped. */
export const seen = (title: string): string =>
  whyNoBrowser === null ? title : `${title} (skipped: ${whyNoBrowser})`;

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

export const DESK: Screen = { width: 1280, height: 900, scheme: 'light' };
export const PHONE: Screen = { width: 360, height: 740, scheme: 'light' };

export interface Sight {
  readonly page: Page;
  /** Whatever the browser complained of: scripts that failed, rules of the policy that were broken. */
  readonly complaints: readonly string[];
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: found!, args: ['--no-sandbox'] });
}

export async function see(
  browser: Browser,
  url: string,
  { width, height, scheme }: Screen,
): Promise<Sight> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => {
    complaints.push(error.message);
  });
  page.on('dialog', (dialog) => {
    complaints.push(`the page asked: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints };
}

/** What a browser complains of when an answer missed its deadline. */
export const LATE = /status of 50[34]/;

/** Into the folder that BROWSER_PICTURES names, to be looked at; without it nothing is kept. */
export async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env['BROWSER_PICTURES'];
  if (folder === undefined) return;
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/** How many pixels the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

/** Texts with less contrast to what lies behind them than WCAG asks for (4.5 : 1). */
export const unreadable = (page: Page): Promise<unknown> => page.evaluate(UNREADABLE);

const UNREADABLE = `(() => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const luminance = (color) => {
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) => {
      const share = byte / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/^(rgba\\(0, 0, 0, 0\\)|transparent)$/.test(backgroundColor)) return backgroundColor;
    }
    return 'white';
  };
  const texts = 'h1, h2, h3, p, dd, dt, td, th, li, a, label, summary, code, .pill, .condition, button:not(:disabled)';
  return [...document.querySelectorAll(texts)]
    .filter((element) => element.offsetParent !== null && element.textContent.trim() !== '')
    .map((element) => {
      const [high, low] = [luminance(getComputedStyle(element).color), luminance(behind(element))]
        .sort((a, b) => b - a);
      return { text: element.textContent.trim().slice(0, 40), ratio: (high + 0.05) / (low + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5);
})()`;
