import {
  Body,
  Controller,
  DefaultValuePipe,
  Delete,
  ForbiddenException,
  Get,
  Head,
  Header,
  HttpCode,
  NotFoundException,
  Options,
  Param,
  ParseArrayPipe,
  ParseBoolPipe,
  ParseIntPipe,
  ParseUUIDPipe,
  Patch,
  Post,
  Put,
  Query,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Length, Min, ValidateNested } from 'class-validator';
import { CountingGuard, Hungry, HungryFilter, PasswordGuard } from './noted.js';

class Owner {
  @IsString()
  name!: string;
}

class Cat {
  @IsString()
  @Length(1, 20)
  name!: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  age?: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => Owner)
  owner?: Owner;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Owner)
  sitters?: Owner[];
}

class Search {
  @IsOptional()
  @IsString()
  name?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  age?: number;
}

/** A controller as in applications, with guards, pipes and DTOs. */
@Controller('cats')
@UseGuards(CountingGuard('cats'))
export class CatsController {
  @Get()
  find(@Query() search: Search) {
    return { found: search, kind: search.constructor.name };
  }

  @Get('free')
  free() {
    return 'free';
  }

  @Get('many')
  many(@Query('ids', new ParseArrayPipe({ items: Number, separator: ',' })) ids: number[]) {
    return ids;
  }

  @Get('paged')
  paged(
    @Query('page', new DefaultValuePipe(1), ParseIntPipe) page: number,
    @Query('wild', new DefaultValuePipe(false), ParseBoolPipe) wild: boolean,
  ) {
    return { page, wild };
  }

  @Get('uuid/:uuid')
  byUuid(@Param('uuid', ParseUUIDPipe) uuid: string) {
    return uuid;
  }

  @Get('hungry')
  @UseFilters(HungryFilter)
  hungry() {
    throw new Hungry();
  }

  @Get('broken')
  broken() {
    throw new TypeError('a secret of the application');
  }

  @Get('missing')
  missing() {
    throw new NotFoundException({ error: 'no such cat', hint: ['look', 'elsewhere'] });
  }

  @Get('forbidden')
  forbidden() {
    throw new ForbiddenException();
  }

  @Get('guarded')
  @UseGuards(PasswordGuard)
  guarded() {
    return { guarded: true };
  }

  @Get(':id')
  findOne(@Param('id', ParseIntPipe) id: number) {
    return { id, type: typeof id };
  }

  @Head(':id/tail')
  @Header('x-tail', 'long')
  tail() {}

  @Options(':id/tail')
  @Header('x-tail', 'options')
  tailOptions() {
    return { tail: 'options' };
  }

  @Post()
  create(@Body() cat: Cat) {
    return { created: cat, kind: cat.constructor.name, owner: cat.owner?.constructor.name };
  }

  @Post('names')
  @HttpCode(202)
  names(@Body('name') name: unknown, @Body('age', new DefaultValuePipe(3), ParseIntPipe) age: number) {
    return { name, age };
  }

  @Post('guarded')
  @UseGuards(PasswordGuard)
  createGuarded(@Body() cat: Cat) {
    return cat;
  }

  @Put(':id')
  replace(@Param('id', ParseIntPipe) id: number, @Body() cat: Cat) {
    return { id, cat };
  }

  @Patch(':id')
  change(@Param('id', ParseIntPipe) id: number, @Body() changes: Record<string, unknown>) {
    return { id, changes };
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id', ParseIntPipe) _id: number) {}

  @Delete(':id/toys')
  removeToys(@Param('id', ParseIntPipe) id: number, @Body() body: unknown) {
    return { id, body };
  }
}

@Controller({ path: 'cats', version: '2' })
export class CatsOfVersionTwoController {
  @Get()
  find() {
    return 'version two';
  }
}
