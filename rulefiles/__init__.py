"""Rules in files: read and checked here, compared with and brought to a running Larder over HTTP."""
