import { Type } from 'class-transformer';
import { IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';

/** Which articles a list is about, and which page of them. */
export class ArticlesQuery {
  /** The name of their author. */
  @IsOptional()
  @IsString()
  author?: string;

  @IsOptional()
  @IsString()
  tag?: string;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;

  @Type(() => Number)
  @IsInt()
  @Min(0)
  offset: number = 0;
}

export class NewArticle {
  @IsNotEmpty()
  @IsString()
  title: string;

  @IsString()
  summary: string;

  @IsString()
  body: string;

  @IsArray()
  @IsString({ each: true })
  tagList: string[] = [];
}

export class ArticleChanges {
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  title?: string;

  @IsOptional()
  @IsString()
  summary?: string;

  @IsOptional()
  @IsString()
  body?: string;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tagList?: string[];
}

export class NewArticleEnvelope {
  @ValidateNested()
  @Type(() => NewArticle)
  @IsNotEmpty()
  article: NewArticle;
}

export class ArticleChangesEnvelope {
  @ValidateNested()
  @Type(() => ArticleChanges)
  @IsNotEmpty()
  article: ArticleChanges;
}
