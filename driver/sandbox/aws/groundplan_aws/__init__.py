"""The AWS of the Groundplan sandbox: moto's server, extended where moto is silent or too kind.

Nothing of moto is copied or changed on disk. `server` answers requests, `service` knows AWS's
service models, `access` decides who may do what, and one module per service holds what is added.
"""
