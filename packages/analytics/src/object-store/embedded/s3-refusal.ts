/** An error as S3 answers it. */
import { errorMessage, systemCode } from '@pappus/core';
import { escapeXml } from '../s3-xml.ts';
import { StoreFull } from './object-folder.ts';

export class S3Refusal extends Error {
  override readonly name = 'S3Refusal';
  readonly status: number;
  readonly code: string;
  readonly resource: string;

  constructor(status: number, code: string, message: string, resource = '') {
    super(message);
    this.status = status;
    this.code = code;
    this.resource = resource;
  }

  /** A full disk or store is told apart from a defect, since retrying does not help. */
  static from(thrown: unknown): S3Refusal {
    if (thrown instanceof StoreFull) return new S3Refusal(400, 'EntityTooLarge', 'The embedded store is full.');
    if (systemCode(thrown) === 'ENOSPC') return new S3Refusal(400, 'EntityTooLarge', 'The disk of the embedded store is full.');
    if (thrown instanceof URIError) return new S3Refusal(400, 'InvalidURI', 'The key is not URL-encoded.');
    return new S3Refusal(500, 'InternalError', errorMessage(thrown));
  }

  toXml(): string {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${this.code}</Code><Message>${escapeXml(this.message)}</Message><Key>${escapeXml(this.resource)}</Key></Error>`;
  }
}
