import js from '@eslint/js';
import ts from 'typescript-eslint';
import { defineConfig } from 'eslint/config';

const TYPED = { parserOptions: { projectService: true } };

/** The third wall: what neither the graph nor the pure compilation can see. */
export default defineConfig(
  { ignores: ['dist/**', 'node_modules/**', '**/*.mjs', '**/*.cjs'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  { languageOptions: TYPED },
  {
    files: ['**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/properties.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { name: 'fast-check', message: 'import it from test/properties.ts, which seeds it' },
      ],
    },
  },
  {
    files: ['core/**/*.ts', 'operator/planner/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'Date',
        'performance',
        'crypto',
        'setTimeout',
        'setInterval',
        'queueMicrotask',
        'process',
        'console',
        'fetch',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'draw from the Rng passed in' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: 'the core is synchronous' },
        { selector: 'ImportExpression', message: 'no dynamic import' },
        { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
      ],
    },
  },
);
