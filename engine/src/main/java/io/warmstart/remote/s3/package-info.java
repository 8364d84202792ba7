/**
 * Remotes in a bucket of S3, or of a server that speaks its protocol. Only this package uses the
 * AWS SDK, which is there only if somebody has added it.
 */
@NullMarked
package io.warmstart.remote.s3;

import org.jspecify.annotations.NullMarked;
