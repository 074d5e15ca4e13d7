import { Module } from '@nestjs/common';
import { hidden } from './health/health.controller.js';

@Module({ controllers: hidden })
export class UnexportedModule {}
