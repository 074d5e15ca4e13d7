import { type INestApplication, VersioningType } from '@nestjs/common';

export function setUp(app: INestApplication): void {
  app.setGlobalPrefix('api', { exclude: ['status/health'] });
  app.enableVersioning({ type: VersioningType.URI });
}
