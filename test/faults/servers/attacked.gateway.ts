import { type CanActivate, UseGuards } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { progress } from './attacked.js';
import { fail, oddResult } from './odd-results.js';

class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** A gateway as applications have them, the same on Nest alone and with the library. */
@WebSocketGateway()
export class AttackedGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown): unknown {
    return data;
  }

  @SubscribeMessage('odd')
  odd(@MessageBody() name: unknown): unknown {
    return oddResult(name);
  }

  @SubscribeMessage('fail')
  fail(@MessageBody() name: unknown): unknown {
    return fail(name);
  }

  @SubscribeMessage('guarded')
  @UseGuards(Nobody)
  guarded(): string {
    return 'hunter2';
  }

  /** As many applications merge settings. */
  @SubscribeMessage('merge')
  merge(@MessageBody() data: object): unknown {
    return merge({}, data);
  }

  @SubscribeMessage('join')
  async join(@ConnectedSocket() socket: Socket, @MessageBody() rooms: string | string[]): Promise<number> {
    await socket.join(rooms);
    return socket.rooms.size;
  }

  @SubscribeMessage('seen')
  seen(@MessageBody() id: number): void {
    progress.seen = id;
  }
}

export function merge(target: Record<string, unknown>, source: object): unknown {
  for (const [key, value] of Object.entries(source) as Array<[string, unknown]>) {
    if (typeof value === 'object' && value) target[key] = merge((target[key] as Record<string, unknown>) ?? {}, value);
    else target[key] = value;
  }
  return target;
}
