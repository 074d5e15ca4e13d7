import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { setUp } from './setup.js';

const start = async (): Promise<void> => {
  const app = await NestFactory.create(AppModule);
  setUp(app);
  await app.listen(0);
};
void start();
