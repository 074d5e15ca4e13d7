import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { SocketsModuleOptions } from './sockets.options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SocketsModuleOptions>({ moduleName: 'Sockets' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSocketsOptions')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
