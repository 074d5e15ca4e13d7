import { Expose, Type } from 'class-transformer';
import type { Column } from './column.js';

class AssigneeView {
  @Expose() id: number;
  @Expose() name: string;
}

/** What messages tell of a card, whoever changed it. */
export class CardView {
  @Expose() id: number;
  @Expose() boardId: number;
  @Expose() title: string;
  @Expose() column: Column;
  @Expose() position: number;
  @Expose() assigneeId: number | null;
  @Expose() @Type(() => AssigneeView) assignee: AssigneeView | null;
  @Expose() commentIds: number[];
  @Expose() voterIds: number[];
  @Expose() version: number;
}

/** And what they tell to admins. */
export class AdminCardView extends CardView {
  @Expose() note: string;
}
