// Every file that is made from the sources in this folder, by path.
import { ruleFile } from './alert.ts';
import { ALERTS } from './alerts.ts';
import { NODE_BOARD } from './node-board.ts';
import { OPERATOR_BOARD } from './operator-board.ts';
import { dashboardFile } from './panel.ts';
import { RING_BOARD } from './ring-board.ts';

export const RULES = 'helm/ringkeeper/files/alerts.yaml';
export const BOARDS = [RING_BOARD, NODE_BOARD, OPERATOR_BOARD] as const;

export function monitoringFiles(): Readonly<Record<string, string>> {
  const boards = BOARDS.map(
    (board) =>
      [`helm/ringkeeper/files/dashboards/${board.name}.json`, dashboardFile(board)] as const,
  );
  return { [RULES]: ruleFile(ALERTS), ...Object.fromEntries(boards) };
}
