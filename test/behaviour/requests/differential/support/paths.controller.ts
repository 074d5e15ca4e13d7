import { All, Controller, Get, HostParam, Param, Query, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { PasswordGuard } from './noted.js';

/** A controller outside of the prefix and of versions. */
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class RootController {
  @Get()
  health() {
    return 'healthy';
  }
}

/** Paths of all kinds. */
@Controller('paths')
export class PathsController {
  @Get('fixed/deep/down')
  fixed() {
    return 'fixed';
  }

  @Get('one/:name')
  one(@Param('name') name: string) {
    return { name };
  }

  @Get('two/:first/and/:second')
  two(@Param() params: Record<string, string>) {
    return params;
  }

  @Get('wild/*')
  wild(@Param() params: Record<string, unknown>) {
    return params;
  }

  @All('secret/inner')
  @UseGuards(PasswordGuard)
  secret() {
    return { secret: true };
  }

  @Get('query')
  query(@Query() query: unknown, @Query('a') a: unknown) {
    return { query, a };
  }

  @All('all')
  all() {
    return 'all';
  }
}

@Controller({ path: 'tenants', host: ':tenant.example.com' })
export class TenantsController {
  @Get()
  tenant(@HostParam('tenant') tenant: string) {
    return { tenant };
  }
}
