import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { decorateClass, decorateMethod } from '../built-library.mjs';

/** Creates a gateway with so many handlers of messages, which nobody sends. */
export function gatewayWith(handlers, options) {
  class Gateway {}
  for (let index = 0; index < handlers; index++) {
    const method = `handle${index}`;
    const handle = (body) => body;
    Object.defineProperty(Gateway.prototype, method, { value: handle, configurable: true, writable: true });
    decorateMethod(Gateway, method, [SubscribeMessage(`message ${index}`)], [MessageBody()]);
  }
  return decorateClass(Gateway, WebSocketGateway(options));
}
