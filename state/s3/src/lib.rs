//! Keeps the recorded states of stacks in an S3 bucket.
