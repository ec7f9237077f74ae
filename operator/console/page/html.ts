// Templates without a build step: htm turns tagged text into preact's elements. Whatever is put into
// them is text or an attribute's value, never markup.
import htm from 'htm';
import { h } from 'preact';
import type { VNode } from 'preact';

export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
