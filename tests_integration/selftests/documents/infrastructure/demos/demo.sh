#!/usr/bin/env bash
echo the ferry sails
