import { Expose, Type } from 'class-transformer';
import type { Column } from './column.js';

class AssigneeView {
  @Expose() id: number;
  @Expose() name: string;
}

/** The fields of a card that messages contain, no matter who changed it. */
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

/** The same for admins, with their note. */
export class AdminCardView extends CardView {
  @Expose() note: string;
}
